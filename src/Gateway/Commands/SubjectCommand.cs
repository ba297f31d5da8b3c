using System.Globalization;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Audit.Archive;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary><c>gateway subject export|erase --user ID</c>: what is held about a person, and its end.</summary>
internal sealed class SubjectCommand(RecordPlaces places, TextWriter output, TextWriter error)
{
    /// <summary>Hands out everything held about a person: records and what can be read of their texts.</summary>
    public async Task<int> ExportAsync(string user, string tenant, string? file, string reason, CancellationToken cancellationToken)
    {
        var pseudonyms = places.PseudonymsOf(user, tenant);
        if (pseudonyms.Count == 0)
        {
            await error.WriteLineAsync("Nothing is held about this user: there is no key, so whatever there was cannot be linked or read any more.");
            return AuditExit.Bad;
        }

        foreach (var pseudonym in pseudonyms) await places.RecordAsync(RecordPlaces.Event(AuditEvents.SubjectExport, RecordCommands.Actor, reason, pseudonym), cancellationToken);
        var reader = new RecordCommands(places, output, error);
        await using var target = file is null ? null : new StreamWriter(file, false, new System.Text.UTF8Encoding(false));
        var writer = target ?? output;
        var count = 0;
        await foreach (var found in places.Search().AllAsync(new RecordFilter { Users = pseudonyms }, cancellationToken))
        {
            await writer.WriteLineAsync(reader.Evident(found.Record));
            count++;
        }

        await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count} records."));
        return AuditExit.Good;
    }

    /// <summary>Destroys a person's keys at once, or locks them where a legal hold keeps them.</summary>
    public async Task<int> EraseAsync(string user, string tenant, string reason, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(reason)) throw new ConfigurationException("Erasing needs a reason: --reason TEXT. It is recorded.");
        var pseudonyms = places.PseudonymsOf(user, tenant);
        if (pseudonyms.Count == 0)
        {
            await error.WriteLineAsync("There is no key of this user: nothing is held that could be linked or read.");
            return AuditExit.Bad;
        }

        var holds = HoldBook.Open(places.Options.KeysDirectory);
        var erased = 0;
        var deferred = new List<LegalHold>();
        foreach (var pseudonym in pseudonyms)
        {
            var keeping = holds.Deferring(pseudonym, tenant);
            if (keeping.Count == 0)
            {
                // The key first: if the record fails, the person's wish has been done, and the command says what is missing.
                places.Keys.Erase(pseudonym);
                erased++;
                await places.RecordAsync(RecordPlaces.Event(AuditEvents.Erasure, RecordCommands.Actor, reason, pseudonym), cancellationToken);
                continue;
            }

            places.Keys.Lock(pseudonym);
            deferred.AddRange(keeping);
            await places.RecordAsync(
                RecordPlaces.Event(AuditEvents.ErasureDeferred, RecordCommands.Actor, reason, pseudonym, facts: new Dictionary<string, string> { ["holds"] = string.Join(' ', keeping.Select(hold => hold.Id)) }),
                cancellationToken);
        }

        if (erased > 0) await output.WriteLineAsync("erased: the key is destroyed; texts, digests and the link to the person cannot be recovered from journal, archive, Redis or their backups.");
        if (deferred.Count > 0)
        {
            await output.WriteLineAsync(
                $"deferred: a legal hold keeps the records ({string.Join(", ", deferred.Select(hold => hold.Id).Distinct())}). The key is locked now and destroyed when the hold ends.");
        }

        return AuditExit.Good;
    }

    /// <summary>Sets a hold.</summary>
    public async Task<int> HoldAsync(LegalHold hold, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(hold.Reason)) throw new ConfigurationException("A legal hold needs a reason: --reason TEXT. It is recorded.");
        if (hold is { Tenant: null, Users: null, From: null, To: null, Exchange: null })
            throw new ConfigurationException("A legal hold needs a bound: --tenant, --user, --from and --to, or --exchange.");
        HoldBook.Open(places.Options.KeysDirectory).Set(hold);
        await places.RecordAsync(RecordPlaces.Event(AuditEvents.HoldSet, hold.Actor, hold.Reason, exchange: hold.Exchange, facts: new Dictionary<string, string> { ["hold"] = hold.Id }), cancellationToken);
        await output.WriteLineAsync(hold.Id);
        return AuditExit.Good;
    }

    /// <summary>Ends a hold, and destroys the keys whose erasure it deferred.</summary>
    public async Task<int> ReleaseAsync(string id, string reason, CancellationToken cancellationToken)
    {
        var holds = HoldBook.Open(places.Options.KeysDirectory);
        if (holds.Release(id) is not { } released)
        {
            await error.WriteLineAsync($"There is no legal hold {id}. `gateway audit hold list` shows those in force.");
            return AuditExit.Bad;
        }

        await places.RecordAsync(RecordPlaces.Event(AuditEvents.HoldReleased, RecordCommands.Actor, reason, facts: new Dictionary<string, string> { ["hold"] = id }), cancellationToken);
        foreach (var pseudonym in places.Keys.Locked())
        {
            // Which tenant a locked key belongs to is not stored; a hold of any tenant therefore keeps it.
            if (holds.Holds.Any(hold => hold.Exchange is null && (hold.Users?.Contains(pseudonym) ?? true))) continue;
            places.Keys.Erase(pseudonym);
            await places.RecordAsync(RecordPlaces.Event(AuditEvents.Erasure, RecordCommands.Actor, $"hold {id} ended", pseudonym), cancellationToken);
            await output.WriteLineAsync($"erased: {pseudonym}, deferred until now");
        }

        await output.WriteLineAsync($"released: {released.Id}");
        return AuditExit.Good;
    }

    /// <summary>Prints the holds in force.</summary>
    public int ListHolds()
    {
        foreach (var hold in HoldBook.Open(places.Options.KeysDirectory).Holds) output.WriteLine(JsonSerializer.Serialize(hold, HoldLine.Default.LegalHold));
        return AuditExit.Good;
    }
}

/// <summary>Generated JSON code for a hold on a line.</summary>
[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
[System.Text.Json.Serialization.JsonSerializable(typeof(LegalHold))]
internal sealed partial class HoldLine : System.Text.Json.Serialization.JsonSerializerContext;
