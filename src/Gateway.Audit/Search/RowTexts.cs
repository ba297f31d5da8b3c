using Gateway.Audit.Archive;

namespace Gateway.Audit.Search;

/// <summary>What a filter looks for, as places in one segment's table of texts: rows are compared by numbers.</summary>
internal sealed class RowTexts
{
    /// <summary>Looks the filter's texts up.</summary>
    public RowTexts(SegmentIndex index, RecordFilter filter)
    {
        IdHash = filter.Id is null ? 0 : SegmentIndex.HashOfId(filter.Id);
        Tenant = filter.Tenant is null ? -2 : index.Place(filter.Tenant);
        Model = filter.Model is null ? -2 : index.Place(filter.Model);
        Outcome = filter.Outcome is null ? -2 : index.Place(filter.Outcome);
        Users = filter.Users is null ? [] : [.. filter.Users.Select(index.Place).Where(place => place >= 0)];
        if (filter.Risk is null) return;
        for (var place = 0; place < index.Texts.Length; place++)
        {
            var text = index.Texts[place];
            if (text.Length > 2 && text[0] == ',' && text.Split(',', StringSplitOptions.RemoveEmptyEntries).Any(filter.IsRisk)) Risks.Add(place);
        }
    }

    public ulong IdHash { get; }

    public int Tenant { get; }

    public int Model { get; }

    public int Outcome { get; }

    public HashSet<int> Users { get; }

    public HashSet<int> Risks { get; } = [];
}
