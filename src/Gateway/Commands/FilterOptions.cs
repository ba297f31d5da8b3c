using System.CommandLine;
using Gateway.Audit;
using Gateway.Audit.Search;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary>The options that choose exchanges.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string?> _from = new("--from") { Description = "Opened at this time or later: ISO 8601, or a date (UTC)." };
    private readonly Option<string?> _to = new("--to") { Description = "Opened before this time." };
    private readonly Option<string?> _tenant = new("--tenant") { Description = "The tenant." };
    private readonly Option<string?> _user = new("--user") { Description = "The end user: an id (needs the key store) or a pseudonym u_…" };
    private readonly Option<string?> _risk = new("--risk") { Description = "A risk found in either direction." };
    private readonly Option<string?> _action = new("--action") { Description = "allow, label, mask or block." };
    private readonly Option<string?> _model = new("--model") { Description = "The model the client named." };
    private readonly Option<string?> _outcome = new("--outcome") { Description = "How it ended, such as completed or blocked." };

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _from, _to, _tenant, _user, _risk, _action, _model, _outcome }) command.Options.Add(option);
    }

    /// <exception cref="ConfigurationException">A value cannot be understood.</exception>
    public RecordFilter Read(ParseResult parsed, RecordPlaces places) => RecordQuery.Read(
        name => parsed.GetValue(name switch
        {
            "from" => _from,
            "to" => _to,
            "tenant" => _tenant,
            "user" => _user,
            "risk" => _risk,
            "action" => _action,
            "model" => _model,
            _ => _outcome,
        }),
        places);
}
