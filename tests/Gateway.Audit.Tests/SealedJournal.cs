using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

/// <summary>A journal of exchanges with seals and anchors, and what an auditor has: its files, a public key, the anchors.</summary>
internal sealed class SealedJournal : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public string Audit => _directory["audit"];

    public string Keys => _directory["keys"];

    public string Anchors => _directory["anchors"];

    public MasterKey Master { get; private set; } = null!;

    public string PublicKey => Directory.GetFiles(Keys, "seal-*.pub.pem").Order(StringComparer.Ordinal).First(file => file.Contains(FirstKey, StringComparison.Ordinal));

    public string FirstKey { get; private set; } = "";

    /// <summary>A seal after every so many exchanges, and entries after the last.</summary>
    public static async Task<SealedJournal> WriteAsync(int exchanges, int each, int after = 0, int rotateAt = -1)
    {
        var made = new SealedJournal();
        made.Master = MasterKey.Mint(made._directory["master"]);
        await using var journal = await AuditJournal.OpenAsync(made.Audit, new AuditJournalOptions { SegmentBytes = 1 << 20 });
        using var sealer = new JournalSealer(journal, made.Keys, made.Master);
        made.FirstKey = SealingKey.CurrentId(made.Keys)!;
        using var store = new DirectoryStore(made.Anchors);
        var book = new AnchorBook(store, journal.Instance);
        for (var index = 0; index < exchanges + after; index++)
        {
            if (index == rotateAt) SealingKey.Rotate(made.Keys, made.Master).Dispose();
            await journal.EnqueueAsync(Entries.Open($"x{index}"));
            await journal.AppendAsync(Entries.Close($"x{index}"));
            if (index < exchanges && (index + 1) % each == 0 && await sealer.SealAsync() is { } seal) await book.KeepAsync(seal);
        }

        return made;
    }

    public string Segment => JournalText.Segments(Audit).Single();

    public List<string> Lines() => Journals.Lines(Segment);

    /// <summary>Verifies a copy whose only segment has other lines.</summary>
    public async Task<JournalVerification> VerifyAsync(IEnumerable<string>? lines = null, bool withAnchors = false, bool withKey = true)
    {
        using var copy = new TemporaryDirectory();
        File.Copy(Path.Combine(Audit, "instance"), copy["instance"]);
        File.WriteAllText(copy[Path.GetFileName(Segment)], string.Concat(lines ?? Lines()));
        using var ring = withKey ? new SealKeyRing([PublicKey]) : new SealKeyRing();
        using var store = new DirectoryStore(Anchors);
        var anchors = withAnchors ? await new AnchorBook(store, File.ReadAllText(copy["instance"])).ReadAsync() : null;
        return JournalVerifier.Verify(copy.Path, ring, anchors);
    }

    public void Dispose() => _directory.Dispose();
}
