using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

/// <summary>Archivers that think at the same time that a journal is theirs, and stores that were killed while they wrote.</summary>
public sealed class ArchiveWritersTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MasterKey _master;

    public ArchiveWritersTests() => _master = MasterKey.Mint(_directory["master"]);

    private string Instance => File.ReadAllText(_directory["audit/instance"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TwoWritersFromTheSameEntry_OnlyOneGoesOnAndTheOtherFindsItsPlace()
    {
        await WriteAsync(exchanges: 40);
        var entries = Journals.ReadAll(_directory["audit"]);
        using var store = new DirectoryStore(_directory["archive"]);
        using var stalled = await Archiver.OpenAsync(store, Instance, Key);
        using var quick = await Archiver.OpenAsync(store, Instance, Key);
        foreach (var entry in entries.Take(30)) stalled.Take(entry);
        foreach (var entry in entries.Take(50)) quick.Take(entry);
        Assert.NotNull(await quick.EndSegmentAsync());
        await Assert.ThrowsAsync<ObjectStoreException>(() => stalled.EndSegmentAsync());
        Assert.Equal(0, stalled.Archived.Sequence);

        Assert.Equal(entries.Count, (await ArchiveAsync(store)).Sequence);
        await AssertSoundAsync(store, entries.Count);
        Assert.Equal(6, Directory.GetFiles(_directory["archive"], "*", SearchOption.AllDirectories).Length);
    }

    /// <summary>
    /// What a Redis that was emptied brings about: the lease is gone, and a second archiver begins while the first is about to sign. Both
    /// hold the same entries, but the second may be of another version, whose files differ: here it keeps a segment in smaller blocks.
    /// </summary>
    [Theory]
    [InlineData(".ndjson.gz")]
    [InlineData(".index")]
    public async Task SecondWriterStoresOtherPartsOfTheSameEntries_ManifestStillNamesWhatIsThere(string part)
    {
        await WriteAsync(exchanges: 40);
        var entries = Journals.ReadAll(_directory["audit"]);
        using var store = new DirectoryStore(_directory["archive"]);
        var parts = new List<string>();
        using var hooked = new HookedStore(store, async name =>
        {
            if (!name.EndsWith(ArchiveManifest.Suffix, StringComparison.Ordinal))
            {
                parts.Add(name);
                return;
            }

            // The other one's part of the same entries: it makes room for itself where it finds another under its name.
            var own = parts.Single(each => each.EndsWith(part, StringComparison.Ordinal));
            byte[] other = [.. (await store.GetAsync(own))!, 0];
            var theirs = ArchiveManifest.PartOf(Instance, 1, entries.Count, other, part).Name;
            Assert.NotEqual(own, theirs);
            await store.PutAsync(theirs, other);
        });
        using var archiver = await Archiver.OpenAsync(hooked, Instance, Key);
        foreach (var entry in entries) archiver.Take(entry);
        Assert.NotNull(await archiver.EndSegmentAsync());
        await AssertSoundAsync(store, entries.Count);

        // What no manifest names is swept up by the next.
        using (await Archiver.OpenAsync(store, Instance, Key)) Assert.Equal(3, Directory.GetFiles(_directory["archive"], "*", SearchOption.AllDirectories).Length);
        await AssertSoundAsync(store, entries.Count);
    }

    /// <summary>Open exchanges come and go: the one who has seen them all and the one who knows them from the last index must agree.</summary>
    [Fact]
    public async Task Index_WriterThatWentOnOrBeganAnew_IsTheSame()
    {
        await using (var journal = await AuditJournal.OpenAsync(_directory["audit"]))
        {
            foreach (var id in (string[])["a", "b", "c", "d"]) await journal.AppendAsync(Entries.Open(id));
            foreach (var id in (string[])["a", "b"]) await journal.AppendAsync(Entries.Close(id));
            foreach (var id in (string[])["f", "e"]) await journal.AppendAsync(Entries.Open(id));
        }

        var entries = Journals.ReadAll(_directory["audit"]);
        var indexes = new List<byte[]>();
        foreach (var goesOn in (bool[])[true, false])
        {
            using var store = new DirectoryStore(_directory["archive" + goesOn]);
            var archiver = await Archiver.OpenAsync(store, Instance, Key);
            foreach (var entry in entries.Take(6)) archiver.Take(entry);
            await archiver.EndSegmentAsync();
            if (!goesOn)
            {
                archiver.Dispose();
                archiver = await Archiver.OpenAsync(store, Instance, Key);
            }

            foreach (var entry in entries.Skip(6)) archiver.Take(entry);
            var manifest = await archiver.EndSegmentAsync();
            indexes.Add((await store.GetAsync(manifest!.Index.Name))!);
            archiver.Dispose();
        }

        Assert.Equal(indexes[0], indexes[1]);
    }

    [Fact]
    public async Task EndSegment_PartLeftHalfWritten_MakesRoom()
    {
        await WriteAsync(exchanges: 10);
        using (var whole = new DirectoryStore(_directory["whole"])) await ArchiveAsync(whole);
        using var store = new DirectoryStore(_directory["archive"]);
        foreach (var path in Directory.GetFiles(_directory["whole"], "*", SearchOption.AllDirectories).Where(path => !path.EndsWith(ArchiveManifest.Suffix, StringComparison.Ordinal)))
            await store.PutAsync(Path.GetRelativePath(_directory["whole"], path), "half"u8.ToArray());
        await ArchiveAsync(store);
        await AssertSoundAsync(store, Journals.ReadAll(_directory["audit"]).Count);
    }

    [Fact]
    public async Task Open_LastManifestLeftHalfWritten_IsWrittenAgain()
    {
        await WriteAsync(exchanges: 40);
        var entries = Journals.ReadAll(_directory["audit"]);
        using var store = new DirectoryStore(_directory["archive"]);
        await Journals.ArchiveAsync(_directory["audit"], store, Key, until: 40);
        await ArchiveAsync(store);
        var last = (await ArchiveFolder.OpenAsync(store, Instance)).Manifests[^1];
        var path = Path.Combine(_directory["archive"], ArchiveManifest.FileNameOf(Instance, last.First));
        var whole = File.ReadAllBytes(path);
        var signature = whole.AsSpan().IndexOf((byte)'\n') + 1;
        foreach (var length in Enumerable.Range(0, whole.Length).Where(length => length < 2 || length > whole.Length - 3 || Math.Abs(length - signature) < 3 || length % 41 == 0))
        {
            File.WriteAllBytes(path, whole.AsSpan(0, length));
            Assert.Equal(entries.Count, (await ArchiveAsync(store)).Sequence);
            await AssertSoundAsync(store, entries.Count);
        }
    }

    /// <summary>A whole manifest that somebody altered is not taken for one that was left half written.</summary>
    [Fact]
    public async Task Open_LastManifestAltered_Throws()
    {
        await WriteAsync(exchanges: 10);
        using var store = new DirectoryStore(_directory["archive"]);
        await ArchiveAsync(store);
        var path = Path.Combine(_directory["archive"], ArchiveManifest.FileNameOf(Instance, 1));
        var whole = File.ReadAllBytes(path);
        whole[0] ^= 1;
        File.WriteAllBytes(path, whole);
        await Assert.ThrowsAsync<AuditFormatException>(() => ArchiveAsync(store));
        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    /// <summary>On a store that overwrites, the manifest that a writer goes on from may have been replaced by another owner's.</summary>
    [Fact]
    public async Task EndSegment_ManifestBeforeWasReplaced_Throws()
    {
        await WriteAsync(exchanges: 40);
        var entries = Journals.ReadAll(_directory["audit"]);
        using var store = new DirectoryStore(_directory["archive"]);
        using var stalled = await Archiver.OpenAsync(store, Instance, Key);
        foreach (var entry in entries.Take(30)) stalled.Take(entry);
        await stalled.EndSegmentAsync();
        await store.DeleteAsync(ArchiveManifest.FileNameOf(Instance, 1));
        await Journals.ArchiveAsync(_directory["audit"], store, Key, until: 30);

        foreach (var entry in entries.Skip(30)) stalled.Take(entry);
        await Assert.ThrowsAsync<ObjectStoreException>(() => stalled.EndSegmentAsync());
        await ArchiveAsync(store);
        await AssertSoundAsync(store, entries.Count);
    }

    private static async Task AssertSoundAsync(ObjectStore store, int entries)
    {
        var instance = Assert.Single(await ArchiveFolder.InstancesAsync(store));
        var found = await ArchiveVerifier.VerifyAsync(store, instance);
        Assert.True(found.Soundness == JournalSoundness.Sound, found.Fault?.ToString() ?? found.Problem);
        Assert.Equal(entries, found.Entries);
    }

    private SealingKey Key() => SealingKey.OpenOrMint(_directory["keys"], _master);

    private Task<JournalPosition> ArchiveAsync(ObjectStore store) => Journals.ArchiveAsync(_directory["audit"], store, Key);

    private async Task WriteAsync(int exchanges)
    {
        await using var journal = await AuditJournal.OpenAsync(_directory["audit"]);
        for (var index = 0; index < exchanges; index++)
        {
            await journal.EnqueueAsync(Entries.Open($"x{index}"));
            await journal.AppendAsync(Entries.Close($"x{index}"));
        }
    }
}
