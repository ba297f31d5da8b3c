using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

public sealed class SealTests
{
    private static readonly JsonSerializerOptions Compact = new(JsonSerializerOptions.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    [Fact]
    public async Task Verify_SealedJournal_SaysWhatIsProvenAndWhatIsNot()
    {
        using var made = await SealedJournal.WriteAsync(20, each: 5, after: 3);
        var bare = await made.VerifyAsync(withKey: false);
        Assert.Equal((JournalSoundness.Sound, 4L, 43L), (bare.Soundness, bare.Seals, bare.SealedThrough));
        Assert.Contains(bare.NotProven, sentence => sentence.Contains("give the public key", StringComparison.Ordinal));

        var keyed = await made.VerifyAsync();
        Assert.Contains(keyed.Proven, sentence => sentence.StartsWith("entries up to 43 are those that were sealed with the given key (seal 4", StringComparison.Ordinal));
        Assert.Contains(keyed.NotProven, sentence => sentence.Contains("the key's holder", StringComparison.Ordinal));
        Assert.Contains("anything after seal 4: entries 44 to 50 are not sealed yet", keyed.NotProven);

        var anchored = await made.VerifyAsync(withAnchors: true);
        Assert.Equal(43, anchored.AnchoredThrough);
        Assert.DoesNotContain(anchored.NotProven, sentence => sentence.Contains("the key's holder", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_KeyReplaced_IsFollowedByItsEndorsementFromEitherKey()
    {
        using var made = await SealedJournal.WriteAsync(20, each: 4, rotateAt: 10);
        Assert.Equal((JournalSoundness.Sound, 5L), (await made.VerifyAsync()) is var found ? (found.Soundness, found.LastSeal!.Number) : default);
        Assert.NotEqual(made.FirstKey, found.LastSeal!.KeyId);
        Assert.Equal(found.LastSeal.HeadSeq, found.SealedThrough);
        using var newest = new SealKeyRing([Path.Combine(made.Keys, $"seal-{found.LastSeal.KeyId}.pub.pem")]);
        Assert.Equal(found.SealedThrough, JournalVerifier.Verify(made.Audit, newest).SealedThrough);
        Assert.False(File.Exists(Path.Combine(made.Keys, $"seal-{made.FirstKey}.key.pem")), "the private half of a replaced key is destroyed");
    }

    [Fact]
    public async Task Verify_WithAStrangersKey_IsBroken()
    {
        using var made = await SealedJournal.WriteAsync(4, each: 2);
        using var other = await SealedJournal.WriteAsync(2, each: 2);
        using var ring = new SealKeyRing([other.PublicKey]);
        Assert.Equal(JournalFaultKind.SealBroken, JournalVerifier.Verify(made.Audit, ring).Fault!.Kind);
    }

    [Fact]
    public async Task Statement_IsVerifiedByOpenSslAlone()
    {
        using var made = await SealedJournal.WriteAsync(4, each: 2);
        using var files = new TemporaryDirectory();
        var seal = made.Lines().Select(line => JsonNode.Parse(line[65..])!).First(entry => (string)entry["kind"]! == "seal");
        File.WriteAllText(files["statement"], string.Concat(new[]
        {
            "gateway seal 1", File.ReadAllText(Path.Combine(made.Audit, "instance")), seal["number"]!.ToString(), seal["headSeq"]!.ToString(),
            (string)seal["headHash"]!, seal["count"]!.ToString(), (string)seal["sealedAt"]!, (string)seal["prevSeal"]!, (string)seal["keyId"]!,
        }.Select(line => line + "\n")));
        File.WriteAllBytes(files["signature"], Convert.FromBase64String((string)seal["signature"]!));
        using var openssl = System.Diagnostics.Process.Start("openssl", ["dgst", "-sha256", "-verify", made.PublicKey, "-signature", files["signature"], files["statement"]]);
        await openssl.WaitForExitAsync();
        Assert.Equal(0, openssl.ExitCode);
    }

    /// <summary>Every kind of change at every position of a sealed set; each is found and located. Without a re-hash the chain tells, with one the seals do.</summary>
    [Fact]
    public async Task Campaign_EveryChangeAtEveryPosition_IsDetectedAndLocated()
    {
        using var made = await SealedJournal.WriteAsync(60, each: 6);
        var lines = made.Lines();
        Assert.Equal(JournalSoundness.Sound, (await made.VerifyAsync(withAnchors: true)).Soundness);
        var cases = 0;
        for (var index = 0; index < lines.Count; index++)
        {
            var random = new Random(index);
            var last = index == lines.Count - 1;
            await BrokenAsync([.. lines[..index], Altered(lines[index], random), .. lines[(index + 1)..]], index + 1, index + 1, $"edit {index}");
            await BrokenAsync([.. lines[..(index + 1)], lines[index], .. lines[(index + 1)..]], index + 2, index + 2, $"duplicate {index}");

            // Re-hashed to the end: only the next seal can tell, and it tells from which seal on.
            var sealAt = lines.FindIndex(index, line => line.Contains("\"kind\":\"seal\"", StringComparison.Ordinal));
            await BrokenAsync(Relinked([.. lines[..index], Edited(lines[index]), .. lines[(index + 1)..]], index), index + 1, sealAt + 1, $"edit and re-hash {index}");
            if (last) continue;

            // What stands between a head and its seal is the next seal's.
            var next = lines.FindIndex(index + 1, line => line.Contains("\"kind\":\"seal\"", StringComparison.Ordinal));
            var covering = sealAt == index ? next : sealAt;
            await BrokenAsync(Relinked([.. lines[..index], Foreign(index), .. lines[index..]], index), index + 1, covering + 2, $"insert and re-hash {index}");
            await BrokenAsync([.. lines[..index], .. lines[(index + 1)..]], index + 1, index + 1, $"drop {index}");
            await BrokenAsync([.. lines[..index], lines[index + 1], lines[index], .. lines[(index + 2)..]], index + 1, index + 1, $"swap {index}");
            await BrokenAsync(Relinked([.. lines[..index], .. lines[(index + 1)..]], index), index + 1, covering + 2, $"drop and re-hash {index}");

            // Cut off: only an anchor knows that there was more.
            await CutAsync(lines[..index], $"truncate to {index}");
        }

        Assert.True(cases >= 1000, $"{cases} cases");

        async Task BrokenAsync(List<string> tampered, int from, int to, string what)
        {
            cases++;
            var found = await made.VerifyAsync(tampered, withAnchors: true);
            var line = found.Fault?.Line ?? -1;
            Assert.True(found.Soundness == JournalSoundness.Broken && line >= from && line <= to, $"{what}: lines {from} to {to} expected, found {found.Fault}");
        }

        async Task CutAsync(List<string> cut, string what)
        {
            cases++;
            var found = await made.VerifyAsync(cut, withAnchors: true);
            Assert.True(
                found.Soundness == JournalSoundness.Broken && found.Fault!.Kind == JournalFaultKind.AnchorMissing && found.Fault.Sequence == cut.Count + 1,
                $"{what}: {found.Fault}");
        }
    }

    /// <summary>The holder of the sealing key writes the chain anew from any entry on, seals included: the signatures are good, the anchors tell.</summary>
    [Fact]
    public async Task Campaign_ResignedByTheKeysHolder_IsDetectedByAnchorsAlone()
    {
        using var made = await SealedJournal.WriteAsync(30, each: 5);
        var lines = made.Lines();
        using var key = SealingKey.OpenOrMint(made.Keys, made.Master);
        var instance = File.ReadAllText(Path.Combine(made.Audit, "instance"));
        for (var index = 0; index < lines.Count; index++)
        {
            if (lines[index].Contains("\"kind\":\"seal\"", StringComparison.Ordinal)) continue;
            var forged = Resigned([.. lines[..index], Edited(lines[index]), .. lines[(index + 1)..]], index, key, instance);
            Assert.Equal(JournalSoundness.Sound, (await made.VerifyAsync(forged)).Soundness);
            var found = await made.VerifyAsync(forged, withAnchors: true);
            var sealAt = lines.FindIndex(index, line => line.Contains("\"kind\":\"seal\"", StringComparison.Ordinal));
            Assert.True(found.Fault is { Kind: JournalFaultKind.AnchorDiffers } fault && fault.Line == sealAt + 1, $"entry {index + 1}: {found.Fault}");
        }
    }

    [Fact]
    public async Task Verify_CutAtASeal_IsSoundWithoutAnchorsAndBrokenWithThem()
    {
        using var made = await SealedJournal.WriteAsync(12, each: 3);
        var cut = made.Lines()[..14];
        Assert.Contains("\"kind\":\"seal\"", cut[^1], StringComparison.Ordinal);
        Assert.Equal(JournalSoundness.Sound, (await made.VerifyAsync(cut)).Soundness);
        var found = await made.VerifyAsync(cut, withAnchors: true);
        Assert.Equal((JournalFaultKind.AnchorMissing, 15L), (found.Fault!.Kind, found.Fault.Sequence));
        Assert.Contains("seal 3 over entry 20 is anchored", found.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SealsByCountAndByTimeAndGoesOnAfterARestart()
    {
        using var directory = new TemporaryDirectory();
        var master = MasterKey.Mint(directory["master"]);
        var seals = new List<SealEntry>();
        var options = new SealOptions { Entries = 4, Interval = TimeSpan.FromHours(1), OnSeal = seal => { lock (seals) seals.Add(seal); } };
        for (var life = 0; life < 3; life++)
        {
            await using var journal = await AuditJournal.OpenAsync(directory["audit"]);
            using var sealer = new JournalSealer(journal, directory["keys"], master, options);
            using var stop = new CancellationTokenSource();
            var run = sealer.RunAsync(stop.Token);
            var sealsBefore = sealer.Last.Number;
            for (var index = 0; index < 6; index++) await journal.AppendAsync(Entries.Open($"{life}-{index}"));
            while (sealer.Last.Number == sealsBefore) await Task.Yield();
            await stop.CancelAsync();
            await run;
            await sealer.SealAsync();
            Assert.Equal(0, sealer.Unsealed);
            Assert.Null(await sealer.SealAsync());
        }

        Assert.Equal(Enumerable.Range(1, seals.Count).Select(number => (long)number), seals.Select(seal => seal.Number));
        Assert.Single(seals, seal => seal.PublicKey is not null);
        var found = JournalVerifier.Verify(directory["audit"]);
        Assert.Equal((JournalSoundness.Sound, (long)seals.Count), (found.Soundness, found.Seals));
    }

    [Fact]
    public async Task Run_NothingNew_SealsNothing_AndTimeAloneReplacesTheKey()
    {
        using var directory = new TemporaryDirectory();
        var master = MasterKey.Mint(directory["master"]);
        var time = new RushedTime();
        await using var journal = await AuditJournal.OpenAsync(directory["audit"], time: time);
        using var sealer = new JournalSealer(journal, directory["keys"], master, new SealOptions { KeyAge = TimeSpan.FromDays(90) }, time);
        Assert.Null(await sealer.SealAsync());
        await journal.AppendAsync(Entries.Open("a"));
        var first = await sealer.SealAsync();
        time.Advance(TimeSpan.FromDays(91));
        await journal.AppendAsync(Entries.Close("a"));
        var second = await sealer.SealAsync();
        Assert.NotEqual(first!.KeyId, second!.KeyId);
        Assert.NotNull(second.Endorsement);
        Assert.Equal(3, JournalVerifier.Verify(directory["audit"]).SealedThrough);
    }

    private static string Altered(string line, Random random)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(line);
        bytes[random.Next(bytes.Length - 1)] ^= (byte)random.Next(1, 32);
        return System.Text.Encoding.Latin1.GetString(bytes) is var text && text.AsSpan(0, text.Length - 1).Contains('\n') ? "x" + line[1..] : text;
    }

    private static string Edited(string line) => line.Contains("\"kind\":\"seal\"", StringComparison.Ordinal)
        ? line.Replace("\"sealedAt\":\"20", "\"sealedAt\":\"19", StringComparison.Ordinal)
        : line.Replace("\"time\":\"20", "\"time\":\"19", StringComparison.Ordinal);

    private static string Foreign(int index) =>
        new string('0', 64) + $" {{\"seq\":0,\"prevHash\":\"\",\"time\":\"2026-08-01T00:00:00.000Z\",\"kind\":\"open\",\"id\":\"foreign{index}\",\"v\":2}}\n";

    /// <summary>Numbers, links and hashes anew from an index on: what a forger without the key can do.</summary>
    private static List<string> Relinked(List<string> lines, int from)
    {
        for (var index = from; index < lines.Count; index++)
        {
            var previous = index == 0 ? JsonDocument.Parse(lines[0][65..]).RootElement.GetProperty("prevHash").GetString()! : lines[index - 1][..64];
            if (previous.Length == 0) previous = JsonDocument.Parse(lines[1][65..]).RootElement.GetProperty("prevHash").GetString()!;
            lines[index] = Linked(lines[index], index + 1, previous);
        }

        return lines;
    }

    private static string Linked(string line, int sequence, string previous)
    {
        var tail = line[line.IndexOf("\",\"time\"", StringComparison.Ordinal)..^1];
        var json = "{\"seq\":" + sequence.ToString(CultureInfo.InvariantCulture) + ",\"prevHash\":\"" + previous + tail;
        return $"{JournalText.Sha256(json)} {json}\n";
    }

    private static List<string> Resigned(List<string> lines, int from, SealingKey key, string instance)
    {
        var hashes = lines.Select(line => line[..64]).ToList();
        string? previousSeal = null;
        for (var index = 0; index < lines.Count; index++)
        {
            var isSeal = lines[index].Contains("\"kind\":\"seal\"", StringComparison.Ordinal);
            if (isSeal && index > from)
            {
                var seal = JsonSerializer.Deserialize<SealEntry>(lines[index][65..], JsonSerializerOptions.Web)!;
                seal = seal with { HeadHash = hashes[(int)seal.HeadSeq - 1], PrevSeal = previousSeal ?? seal.PrevSeal };
                seal = seal with { Signature = key.Sign(seal.Statement(instance)) };
                var head = lines[index][..lines[index].IndexOf("\"kind\"", StringComparison.Ordinal)];
                lines[index] = head + JsonSerializer.Serialize(seal, Compact)[1..] + "\n";
            }

            if (index >= from) lines[index] = Linked(lines[index], index + 1, index == 0 ? JournalText.Sha256(instance) : lines[index - 1][..64]);
            hashes[index] = lines[index][..64];
            if (isSeal) previousSeal = JsonSerializer.Deserialize<SealEntry>(lines[index][65..], JsonSerializerOptions.Web)!.StatementHash(instance);
        }

        return lines;
    }
}
