using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Configuration;

namespace Gateway.Cases;

/// <summary>Files complaints and brings them from state to state; every step is an event in the chain.</summary>
internal sealed class ComplaintDesk(CaseStore store, CaseBook book, JournalHost host, GatewayOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>Most characters of a complaint.</summary>
    public const int MostText = 4000;

    private readonly SemaphoreSlim _looking = new(1, 1);
    private readonly RecordPlaces _places = new(options.Audit, clock);

    /// <summary>The exchange with an id, wherever it is recorded.</summary>
    public async Task<ExchangeRecord?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (id.Length is 0 or > 64 || !Guid.TryParse(id, out _)) return null;

        // One look at a time: it reads the journal, and anybody may ask for one.
        await _looking.WaitAsync(cancellationToken);
        try
        {
            if (new ExchangeSearch(options.Audit.Directory).Find(id) is { } record) return record;
            return options.Audit.Archive is null ? null : (await _places.Search().FindAsync(id, cancellationToken))?.Record;
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <summary>Files a complaint about an exchange, or an appeal.</summary>
    /// <returns>The complaint, and the word that lets its author look at it.</returns>
    public async Task<(Complaint Complaint, string Token)> FileAsync(ExchangeRecord record, string kind, string category, string text, string? contact, string? against)
    {
        var now = clock.GetUtcNow();
        var id = "case-" + Guid.CreateVersion7(now);
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var key = (record.Opening?.User is { } user ? host.Keys.FindByPseudonym(user) : null) ?? host.Keys.GetOrMintUnknown(record.Opening?.Tenant ?? "", now);
        var written = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string?> { ["text"] = text, ["contact"] = contact });
        var facts = new Dictionary<string, string>
        {
            ["complaint"] = id,
            ["kind"] = kind,
            ["category"] = category,
            ["at"] = CaseBook.Text(now),
            ["due"] = CaseBook.Text(now.AddHours(kind == "appeal" ? options.Complaints.AppealDueHours : options.Complaints.DueHours)),
            ["text"] = Convert.ToBase64String(key.Encrypt(written, id)),
            ["token"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token))),
        };
        if (record.Opening?.Tenant is { } tenant) facts["tenant"] = tenant;
        if (against is not null) facts["against"] = against;
        await store.AppendAsync(RecordPlaces.Event(AuditEvents.ComplaintFiled, "end-user", null, key.Pseudonym, record.Id, facts));
        return (book.Complaint(id)!, token);
    }

    /// <summary>Brings a complaint into another state.</summary>
    public async Task<Complaint> MoveAsync(Complaint complaint, string state, string actor, string? reason)
    {
        var facts = new Dictionary<string, string> { ["complaint"] = complaint.Id, ["state"] = state, ["at"] = CaseBook.Text(clock.GetUtcNow()) };
        await store.AppendAsync(RecordPlaces.Event(AuditEvents.ComplaintState, actor, reason, complaint.Subject, complaint.Exchange, facts));
        return book.Complaint(complaint.Id)!;
    }

    /// <summary>What was written; <see langword="null"/> where its person's key is gone.</summary>
    public (string Text, string? Contact)? Open(Complaint complaint)
    {
        if (complaint is not { Text: { } text, Subject: { } subject } || host.Keys.FindByPseudonym(subject)?.Decrypt(Convert.FromBase64String(text), complaint.Id) is not { } plain) return null;
        var fields = JsonSerializer.Deserialize<Dictionary<string, string?>>(plain)!;
        return (fields["text"]!, fields["contact"]);
    }

    /// <summary>Whether a word is the one that the author got.</summary>
    public static bool IsAuthor(Complaint complaint, string? token) => token is not null && complaint.Token is { } known
        && CryptographicOperations.FixedTimeEquals(Convert.FromHexString(known), SHA256.HashData(Encoding.ASCII.GetBytes(token)));

    public void Dispose()
    {
        _looking.Dispose();
        _places.Dispose();
    }
}
