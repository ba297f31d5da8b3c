using System.Text.Json;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Tests;

public sealed class SchemaTests
{
    private static readonly string SchemaPath = Path.Combine(SourceRoot(), "src", "Gateway.Audit", "Records", "entry.schema.json");

    [Fact]
    public async Task EveryKindOfEntry_FitsThePublishedSchema()
    {
        using var directory = new TemporaryDirectory();
        var master = MasterKey.Mint(directory["master"]);
        using var keys = KeyStore.Open(directory["keys"], master);
        var key = keys.GetOrMint("t", "alice");
        var text = EvidenceText.Seal(key, "x1", "request", EvidenceText.Evidence, [new KeptField("messages[0].content", "text")]);
        await using (var journal = await AuditJournal.OpenAsync(directory["audit"]))
        {
            using var sealer = new JournalSealer(journal, directory["keys"], master);
            await journal.AppendAsync(Entries.Open("x1", 2) with
            {
                Tenant = "t",
                User = key.Pseudonym,
                TrainingUse = true,
                Mode = "enforce",
                Request = Entries.Direction("block", 1) with { Digest = key.Digest("text"), Text = text },
            });
            await journal.AppendAsync(Entries.Close("x1") with { Fault = "f", Prompt = text, Usage = new Dictionary<string, long> { ["prompt_tokens"] = 3 } });
            await journal.AppendAsync(Entries.Delivery("x1", 3));
            await journal.AppendAsync(new EventEntry
            {
                Id = "e1",
                Event = AuditEvents.BreakGlass,
                Actor = "auditor",
                Reason = "r",
                Subject = key.Pseudonym,
                Exchange = "x1",
                Facts = new Dictionary<string, string> { ["a"] = "b" },
            });
            Assert.NotNull(await sealer.SealAsync());
            SealingKey.Rotate(directory["keys"], master).Dispose();
            Assert.NotNull(await sealer.SealAsync() ?? await AppendAndSealAsync(journal, sealer));
        }

        var schema = new SchemaCheck(SchemaPath);
        var kinds = new HashSet<string>();
        foreach (var entry in JournalText.CheckChain(directory["audit"]))
        {
            Assert.Empty(schema.Validate(entry));
            kinds.Add(entry.GetProperty("kind").GetString()!);
        }

        Assert.Equal(["close", "delivery", "event", "open", "seal"], kinds.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("open", typeof(OpenEntry))]
    [InlineData("close", typeof(CloseEntry))]
    [InlineData("delivery", typeof(DeliveryEntry))]
    [InlineData("seal", typeof(SealEntry))]
    [InlineData("event", typeof(EventEntry))]
    public void Schema_NamesWhatIsWrittenAndNothingElse(string kind, Type type)
    {
        var written = JsonSerializerOptions.Web.GetTypeInfo(type).Properties.Select(member => member.Name);
        Assert.Equal(written.Concat(["seq", "prevHash", "time"]).Order(StringComparer.Ordinal), new SchemaCheck(SchemaPath).Names(kind).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task JournalOfTheFirstVersion_IsReadVerifiedAndGoneOnWith()
    {
        // Written before entries had a version, seals or keys.
        using var directory = new TemporaryDirectory();
        const string instance = "abcdefghijklmnopqrstuvwxyz";
        File.WriteAllText(directory["instance"], instance);
        var lines = "";
        var previous = JournalText.Sha256(instance);
        string[] bodies =
        [
            "\"kind\":\"open\",\"id\":\"x1\",\"protocol\":\"openai\",\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"stream\":false,\"policyEpoch\":\"e\",\"request\":{\"action\":\"allow\",\"detections\":[],\"detectionCount\":0,\"judged\":1,\"judgedFields\":1,\"unjudged\":[]}",
            "\"kind\":\"close\",\"id\":\"x1\",\"outcome\":\"completed\",\"status\":200",
        ];
        for (var index = 0; index < bodies.Length; index++)
        {
            var json = $"{{\"seq\":{index + 1},\"prevHash\":\"{previous}\",\"time\":\"2026-08-01T00:00:00.000Z\",{bodies[index]}}}";
            previous = JournalText.Sha256(json);
            lines += $"{previous} {json}\n";
        }

        File.WriteAllText(directory["journal-00000000000000000001.ndjson"], lines);
        Assert.Equal(Verification.JournalSoundness.Sound, Verification.JournalVerifier.Verify(directory.Path).Soundness);
        using var keys = new TemporaryDirectory();
        await using (var journal = await AuditJournal.OpenAsync(directory.Path))
        {
            using var sealer = new JournalSealer(journal, keys["keys"], MasterKey.Mint(keys["master"]));
            await sealer.SealAsync();
        }

        var found = Verification.JournalVerifier.Verify(directory.Path);
        Assert.Equal((Verification.JournalSoundness.Sound, 3L, 2L), (found.Soundness, found.Entries, found.SealedThrough));
        Assert.Equal("completed", new ExchangeSearch(directory.Path).Find("x1")!.Outcome);
    }

    private static async Task<SealEntry?> AppendAndSealAsync(AuditJournal journal, JournalSealer sealer)
    {
        await journal.AppendAsync(Entries.Open("x2"));
        return await sealer.SealAsync();
    }

    private static string SourceRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Gateway.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
