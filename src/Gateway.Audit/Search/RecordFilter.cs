using Gateway.Audit.Archive;
using Gateway.Audit.Records;

namespace Gateway.Audit.Search;

/// <summary>Which exchanges are looked for. What is not set matches everything.</summary>
public sealed record RecordFilter
{
    /// <summary>Opened at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Opened before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>Pseudonyms of the user; an empty list matches nothing.</summary>
    public IReadOnlyList<string>? Users { get; init; }

    /// <summary>A risk, or the one in front of a dot, found in either direction.</summary>
    public string? Risk { get; init; }

    /// <summary>The action on prompt or answer: <c>allow</c> (on both), <c>label</c>, <c>mask</c>, <c>block</c>.</summary>
    public string? Action { get; init; }

    /// <summary>The model the client named.</summary>
    public string? Model { get; init; }

    /// <summary>How it ended.</summary>
    public string? Outcome { get; init; }

    /// <summary>Id of the exchange.</summary>
    public string? Id { get; init; }

    /// <summary>Only exchanges that may be used for training.</summary>
    public bool TrainingOnly { get; init; }

    /// <summary>Whether a record matches.</summary>
    public bool Matches(ExchangeRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var open = record.Opening;
        return (Id is null || record.Id == Id)
            && (From is null || record.Time >= From)
            && (To is null || record.Time < To)
            && (Tenant is null || open?.Tenant == Tenant)
            && (Users is null || (open?.User is { } user && Users.Contains(user)))
            && (Model is null || open?.Model == Model)
            && (Outcome is null || record.Outcome == Outcome)
            && (!TrainingOnly || open is { TrainingUse: true })
            && (Risk is null || HasRisk(open?.Request) || HasRisk(record.Response))
            && (Action is null || HasAction(open?.Request.Action, record.Response?.Action));
    }

    /// <summary>Whether a row of an index may match; what it cannot tell, the record does.</summary>
    internal bool Matches(in IndexRow row, RowTexts texts)
    {
        if (row.Kind is not (IndexRowKind.Closed or IndexRowKind.Pending)) return false;
        if (Id is not null && row.IdHash != texts.IdHash) return false;
        var opened = row.Opened == 0 ? row.Closed : row.Opened;
        if ((From is { } from && opened < from.UtcTicks) || (To is { } to && opened >= to.UtcTicks)) return false;
        if (Tenant is not null && row.Tenant != texts.Tenant) return false;
        if (Users is not null && (row.User < 0 || !texts.Users.Contains(row.User))) return false;
        if (Model is not null && row.Model != texts.Model) return false;
        if (Outcome is not null && row.Kind == IndexRowKind.Closed && row.Outcome != texts.Outcome) return false;
        if (TrainingOnly && !row.TrainingUse) return false;
        if (Risk is not null && (row.Risks < 0 || !texts.Risks.Contains(row.Risks))) return false;
        return Action is not { Length: > 0 } action
            || (action == "allow"
                ? row.RequestAction is (byte)'a' or 0 && row.ResponseAction is (byte)'a' or 0
                : row.RequestAction == (byte)action[0] || row.ResponseAction == (byte)action[0]);
    }

    private bool HasRisk(DirectionRecord? direction) => direction is not null && direction.Detections.Any(detection => IsRisk(detection.Risk));

    /// <summary>Whether a risk is the one looked for, or one of its kinds.</summary>
    internal bool IsRisk(string risk) => risk == Risk || (risk.StartsWith(Risk!, StringComparison.Ordinal) && risk[Risk!.Length] == '.');

    private bool HasAction(string? request, string? response) => Action == "allow"
        ? request is null or "allow" && response is null or "allow"
        : request == Action || response == Action;
}
