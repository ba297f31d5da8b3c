using System.Text;
using System.Text.Json.Nodes;
using Gateway.Audit.Keys;
using Gateway.TestSupport;
using StackExchange.Redis;

namespace Gateway.FunctionalTests.Audit;

/// <summary>What a person, a court and a key's owner may ask for: erasure, holds, a new master key.</summary>
[Collection(Processes.OneAtATime.Name)]
public sealed class SubjectTests : RecordsFixture
{
    [Fact]
    public async Task Erase_DestroysWhatWasReadableAnywhereAndTheChainVerifies()
    {
        await using var redis = await RedisProcess.StartAsync();
        const string secret = "my brother lives in number seventeen";
        string alice, bob;
        List<JsonNode> inRedis;
        await using (var gateway = await StartAsync("--redis", redis.Endpoint, "--Gateway:Audit:Text:Clean=full"))
        {
            alice = await AskAsync(gateway, $"{secret} {TestLexicon.Block}", "alice");
            await AskAsync(gateway, secret, "alice");
            bob = await AskAsync(gateway, $"{secret} {TestLexicon.Block}", "bob");
            await RunAsync(0, "backup", "--audit", Audit, "--out", Files["backups"], "--keys-out", Files["key-backups"]);
            Assert.Contains(secret, await RunAsync(0, "subject", "export", "--user", "alice", "--audit", Audit), StringComparison.Ordinal);

            var output = await RunAsync(0, "subject", "erase", "--user", "alice", "--audit", Audit, "--reason", "request 5");
            Assert.Contains("erased: ", output, StringComparison.Ordinal);
            Assert.Contains(Events(), happened => (string?)happened["event"] == "erasure" && (string?)happened["reason"] == "request 5");

            // The running gateway knows at once: the same person is a new one.
            var before = (string?)gateway.Audit.Find(alice)[0].Json["user"];
            var after = (string?)gateway.Audit.Find(await AskAsync(gateway, "Hello", "alice"))[0].Json["user"];
            Assert.NotEqual(before, after);
            await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_audit_lag_entries") == 0, "Redis holds everything");
            var streams = (RedisValue[])(await redis.CommandAsync("KEYS", "gateway:audit:*"))!;
            inRedis = [.. ((RedisResult[])(await redis.CommandAsync("XRANGE", (RedisKey)streams.Single().ToString(), "-", "+"))!)
                .Select(entry => JsonNode.Parse((byte[])((RedisResult[])((RedisResult[])entry!)[1]!)[5]!)!)];
            await RunAsync(0, "archive", "--redis", redis.Endpoint, "--audit", Audit, "--to", Archive, "--once");
            await gateway.StopAsync();
        }

        // Every remaining key against every sealed text of every copy: bob's opens bob's, nothing opens alice's.
        using (var keys = KeyStore.Open(Files["audit-keys"], MasterKey.Load("file:" + Files["audit-keys/master.key"])))
        {
            var all = keys.All().ToList();
            var owners = Records().ToDictionary(record => record.Id, record => record.Pseudonym, StringComparer.Ordinal);
            Assert.DoesNotContain(all, key => key.Pseudonym == owners[alice]);
            foreach (var (place, entries) in new[]
            {
                ("journal", Lines()),
                ("archive", LinesOf(Directory.GetFiles(Archive, "*.ndjson.gz", SearchOption.AllDirectories))),
                ("backup", LinesOf(Directory.GetFiles(Files["backups"], "journal-*", SearchOption.AllDirectories))),
                ("Redis", inRedis),
            })
            {
                var texts = 0;
                foreach (var (id, direction, data) in SealedTexts(entries))
                {
                    texts++;
                    var opened = all.Select(each => each.Decrypt(Convert.FromBase64String(data), $"{id}/{direction}")).FirstOrDefault(plain => plain is not null);
                    var isAlices = owners[id] is { } pseudonym && keys.StateOf(pseudonym) == KeyState.Erased;
                    Assert.True(isAlices == opened is null, $"{id} in {place}");
                }

                Assert.True(texts >= 4, $"{texts} texts in {place}");
            }
        }

        foreach (var folder in new[] { Audit, Archive, Files["backups"], Files["audit-keys"], redis.Files })
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
                Assert.True(PlainBytes.Of(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, file);
        }

        Assert.Contains("cannot be read, its key is erased", await RunAsync(0, "audit", "show", alice, "--audit", Audit, "--archive", Archive, "--decrypt", "--reason", "r"), StringComparison.Ordinal);
        Assert.Contains(secret, await RunAsync(0, "audit", "show", bob, "--audit", Audit, "--archive", Archive, "--decrypt", "--reason", "r"), StringComparison.Ordinal);
        await RunAsync(0, "audit", "verify", Audit);
        await RunAsync(0, "audit", "verify", Archive);

        // The restore drill: journal and keys from the backup, the erasure done again from the newer journal.
        var backup = Directory.GetDirectories(Files["backups"]).Single();
        var keyBackup = Directory.GetDirectories(Files["key-backups"]).Single();
        var restored = await RunAsync(
            0, "restore", "--from", backup, "--keys-from", keyBackup, "--erasures", Audit, "--audit", Files["restored"], "--keys", Files["restored-keys"], "--policies", Files["restored-policies"]);
        Assert.Contains("1 keys destroyed again", restored, StringComparison.Ordinal);
        Assert.Contains("cannot be read, its key is erased", await RunAsync(0, "audit", "show", alice, "--audit", Files["restored"], "--keys", Files["restored-keys"], "--decrypt", "--reason", "r"), StringComparison.Ordinal);
        Assert.Contains(secret, await RunAsync(0, "audit", "show", bob, "--audit", Files["restored"], "--keys", Files["restored-keys"], "--decrypt", "--reason", "r"), StringComparison.Ordinal);
        await RunAsync(0, "audit", "verify", Files["restored"]);
        Assert.True(File.Exists(Files["restored-policies/default.json"]));
        Assert.Contains("is not empty", await RunAsync(2, "restore", "--from", backup, "--audit", Files["restored"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RotateMasterKey_KeepsEverythingReadableAndTheOldKeyOpensNothing()
    {
        string id;
        await using (var gateway = await StartAsync())
        {
            id = await AskAsync(gateway, TestLexicon.Block, "alice");
            Assert.Contains("Stop it", await RunAsync(2, "audit", "rotate-master-key", "--audit", Audit), StringComparison.Ordinal);
            await gateway.StopAsync();
        }

        // In the place of the one that was made beside the keys, then to a place outside.
        File.Copy(Files["audit-keys/master.key"], Files["old.key"]);
        Assert.Contains("1 keys are wrapped by the new master key", await RunAsync(0, "audit", "rotate-master-key", "--audit", Audit, "--reason", "yearly"), StringComparison.Ordinal);
        MasterKey.Mint(Files["vault.key"]);
        await RunAsync(0, "audit", "rotate-master-key", "--audit", Audit, "--new-master-key", "file:" + Files["vault.key"]);
        foreach (var old in new[] { Files["old.key"], Files["audit-keys/master.key"] })
            Assert.Contains("wrapped by another master key", await RunAsync(2, "audit", "show", id, "--audit", Audit, "--master-key", "file:" + old, "--decrypt", "--reason", "r"), StringComparison.Ordinal);
        Assert.Contains(TestLexicon.Block, await RunAsync(0, "audit", "show", id, "--audit", Audit, "--master-key", "file:" + Files["vault.key"], "--decrypt", "--reason", "r"), StringComparison.Ordinal);
        Assert.Equal(2, Events().Count(happened => (string?)happened["event"] == "master_key_rotated"));

        // The gateway goes on with it: the same person, the same sealing key.
        await using (var gateway = await StartAsync($"--Gateway:Audit:MasterKey=file:{Files["vault.key"]}"))
        {
            await AskAsync(gateway, "Hello", "alice");
            await gateway.StopAsync();
        }

        Assert.Single(Records().Select(record => record.Pseudonym).Distinct());
        Assert.Contains("sound: ", await RunAsync(0, "audit", "verify", Audit, "--key", Directory.GetFiles(Files["audit-keys"], "seal-*.pub.pem").Single()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hold_DefersAnErasureUntilItEnds()
    {
        string id;
        await using (var gateway = await StartAsync())
        {
            id = await AskAsync(gateway, TestLexicon.Block, "alice");
            await gateway.StopAsync();
        }

        var hold = (await RunAsync(0, "audit", "hold", "set", "--user", "alice", "--reason", "court order 9", "--audit", Audit)).Trim();
        Assert.Contains(hold, await RunAsync(0, "audit", "hold", "list", "--audit", Audit), StringComparison.Ordinal);
        Assert.Contains($"deferred: a legal hold keeps the records ({hold})", await RunAsync(0, "subject", "erase", "--user", "alice", "--audit", Audit), StringComparison.Ordinal);
        Assert.Contains("its key is locked", await RunAsync(0, "audit", "show", id, "--audit", Audit, "--decrypt", "--reason", "r"), StringComparison.Ordinal);
        await RunAsync(1, "audit", "hold", "release", "hold-unknown", "--audit", Audit);
        Assert.Contains("erased: ", await RunAsync(0, "audit", "hold", "release", hold, "--audit", Audit, "--reason", "case closed"), StringComparison.Ordinal);
        Assert.Contains("its key is erased", await RunAsync(0, "audit", "show", id, "--audit", Audit, "--decrypt", "--reason", "r"), StringComparison.Ordinal);
        Assert.Equal(
            ["hold_set", "erasure_deferred", "hold_released", "erasure"],
            Events().Select(happened => (string)happened["event"]!).Where(name => name is not ("break_glass" or "user_warned")));
    }
}
