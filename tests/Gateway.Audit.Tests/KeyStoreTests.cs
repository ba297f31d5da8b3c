using System.Text;
using Gateway.Audit.Keys;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Tests;

public sealed class KeyStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Key_OfOnePerson_IsTheSameEverywhereAndAnotherForEachTenant()
    {
        var master = MasterKey.Mint(_directory["master"]);
        using var store = KeyStore.Open(_directory["keys"], master);
        using var other = KeyStore.Open(_directory["keys"], MasterKey.Load("file:" + _directory["master"]));
        var key = store.GetOrMint("t", "alice");
        Assert.Equal(key.Pseudonym, other.GetOrMint("t", "alice").Pseudonym);
        Assert.Equal(key.Pseudonym, other.FindByPseudonym(key.Pseudonym)!.Pseudonym);
        Assert.Matches("^u_[0-9a-f]{32}$", key.Pseudonym);
        Assert.Equal(5, new[] { key, store.GetOrMint("", "alice"), store.GetOrMint("t", "bob"), store.GetOrMint("ta", "lice"), store.GetOrMintUnknown("t", DateTimeOffset.UnixEpoch) }
            .Select(each => each.Pseudonym).Distinct().Count());
        Assert.Equal(5, other.All().Count());
    }

    [Fact]
    public void Erase_ByAnotherProcess_EndsItsUseAtOnceAndLeavesNoByteOfIt()
    {
        var master = MasterKey.Mint(_directory["master"]);
        using var store = KeyStore.Open(_directory["keys"], master);
        using var other = KeyStore.Open(_directory["keys"], master);
        var key = store.GetOrMint("", "alice");
        var bob = store.GetOrMint("", "bob");
        var sealedText = key.Encrypt("secret"u8, "x1/request");
        var before = File.ReadAllBytes(_directory["keys/subjects.keys"]);

        Assert.True(other.Erase(key.Pseudonym));
        Assert.False(other.Erase(key.Pseudonym));

        Assert.Null(store.Find("", "alice"));
        Assert.Null(store.FindByPseudonym(key.Pseudonym));
        Assert.Equal(KeyState.Erased, store.StateOf(key.Pseudonym));
        Assert.Equal(bob.Pseudonym, store.Find("", "bob")!.Pseudonym);
        var after = File.ReadAllBytes(_directory["keys/subjects.keys"]);
        Assert.Equal(before.Length, after.Length);
        var wrapped = Encoding.ASCII.GetString(before).Split("\"key\":\"")[1][..80];
        Assert.DoesNotContain(wrapped, Encoding.ASCII.GetString(after), StringComparison.Ordinal);
        Assert.DoesNotContain(key.Pseudonym, Encoding.ASCII.GetString(after), StringComparison.Ordinal);
        Assert.All(store.All(), left => Assert.Null(left.Decrypt(sealedText, "x1/request")));

        var next = store.GetOrMint("", "alice");
        Assert.NotEqual(key.Pseudonym, next.Pseudonym);
        Assert.Equal(next.Pseudonym, other.GetOrMint("", "alice").Pseudonym);
    }

    [Fact]
    public void Lock_KeepsTheKeyUnusableUntilItIsErased()
    {
        using var store = KeyStore.Open(_directory["keys"], MasterKey.Mint(_directory["master"]));
        var key = store.GetOrMint("", "alice");
        Assert.True(store.Lock(key.Pseudonym));
        Assert.Null(store.Find("", "alice"));
        Assert.Null(store.FindByPseudonym(key.Pseudonym));
        Assert.Equal(KeyState.Locked, store.StateOf(key.Pseudonym));
        var next = store.GetOrMint("", "alice");
        Assert.NotEqual(key.Pseudonym, next.Pseudonym);
        Assert.Equal(2, store.PseudonymsOf("", "alice").Count);
        Assert.Equal([key.Pseudonym], store.Locked());
        Assert.True(store.Erase(key.Pseudonym));
        Assert.Empty(store.Locked());
    }

    [Fact]
    public void Text_OpensOnlyWithItsKeyInItsPlaceAndUnaltered()
    {
        using var store = KeyStore.Open(_directory["keys"], MasterKey.Mint(_directory["master"]));
        var key = store.GetOrMint("", "alice");
        var text = key.Encrypt("secret"u8, "x1/request");
        Assert.Equal("secret", Encoding.UTF8.GetString(key.Decrypt(text, "x1/request")!));
        Assert.Null(key.Decrypt(text, "x1/response"));
        Assert.Null(store.GetOrMint("", "bob").Decrypt(text, "x1/request"));
        for (var index = 0; index < text.Length; index++)
        {
            var altered = text.ToArray();
            altered[index] ^= 1;
            Assert.Null(key.Decrypt(altered, "x1/request"));
        }

        Assert.Equal(key.Digest("你好"), key.Digest("你好"));
        Assert.NotEqual(key.Digest("你好"), store.GetOrMint("", "bob").Digest("你好"));
    }

    [Fact]
    public void Open_WithAnotherMasterKey_SaysSo()
    {
        using (var store = KeyStore.Open(_directory["keys"], MasterKey.Mint(_directory["master"]))) store.GetOrMint("", "alice");
        var fault = Assert.Throws<KeyStoreException>(() => KeyStore.Open(_directory["keys"], MasterKey.Mint(_directory["other"])));
        Assert.Contains("another master key", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterAnInterruptedWrite_WritesOverIt()
    {
        var master = MasterKey.Mint(_directory["master"]);
        using (var store = KeyStore.Open(_directory["keys"], master)) store.GetOrMint("", "alice");
        File.AppendAllText(_directory["keys/subjects.keys"], "{\"state\":\"Act");
        using var reopened = KeyStore.Open(_directory["keys"], master);
        var bob = reopened.GetOrMint("", "bob");
        using var third = KeyStore.Open(_directory["keys"], master);
        Assert.Equal(bob.Pseudonym, third.Find("", "bob")!.Pseudonym);
        Assert.NotNull(third.Find("", "alice"));
    }

    [Fact]
    public void GetOrMint_ByManyAtOnce_MintsOnce()
    {
        var master = MasterKey.Mint(_directory["master"]);
        using var one = KeyStore.Open(_directory["keys"], master);
        using var two = KeyStore.Open(_directory["keys"], master);
        var pseudonyms = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 64, index => pseudonyms.Add((index % 2 == 0 ? one : two).GetOrMint("", "user" + (index % 4)).Pseudonym));
        Assert.Equal(4, pseudonyms.Distinct().Count());
    }

    [Fact]
    public void UnknownBefore_NamesWholeMonthsThatEnded()
    {
        using var store = KeyStore.Open(_directory["keys"], MasterKey.Mint(_directory["master"]));
        var january = store.GetOrMintUnknown("", new DateTimeOffset(2026, 1, 31, 23, 59, 59, TimeSpan.Zero));
        var february = store.GetOrMintUnknown("", new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));
        store.GetOrMint("", "alice");
        Assert.Empty(store.UnknownBefore(new DateTimeOffset(2026, 1, 31, 23, 59, 59, TimeSpan.Zero)));
        Assert.Equal([january.Pseudonym], store.UnknownBefore(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.Equal([january.Pseudonym, february.Pseudonym], store.UnknownBefore(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void Rewrap_NewMasterKey_OpensEverythingAndTheOldOneNothing()
    {
        var (old, next, third) = (MasterKey.Mint(_directory["old"]), MasterKey.Mint(_directory["next"]), MasterKey.Mint(_directory["third"]));
        string alice, erased, locked, seal;
        byte[] text;
        using (var store = KeyStore.Open(_directory["keys"], old))
        {
            alice = store.GetOrMint("t", "alice").Pseudonym;
            text = store.GetOrMint("t", "alice").Encrypt("said"u8, "x");
            erased = store.GetOrMint("", "erased").Pseudonym;
            locked = store.GetOrMint("", "locked").Pseudonym;
            Assert.True(store.Erase(erased) && store.Lock(locked));
        }

        using (var key = SealingKey.OpenOrMint(_directory["keys"], old)) seal = key.Id;
        Assert.Throws<KeyStoreException>(() => KeyStore.Rewrap(_directory["keys"], third, next));
        Assert.Equal(2, KeyStore.Rewrap(_directory["keys"], old, next));
        Assert.Equal(0, KeyStore.Rewrap(_directory["keys"], old, next));
        Assert.Throws<KeyStoreException>(() => KeyStore.Open(_directory["keys"], old));
        Assert.Throws<KeyStoreException>(() => SealingKey.OpenOrMint(_directory["keys"], old));
        Assert.Equal(2, KeyStore.Rewrap(_directory["keys"], next, third));
        using (var store = KeyStore.Open(_directory["keys"], third))
        {
            // The same person is found, and what was kept of them is read.
            Assert.Equal(alice, store.Find("t", "alice")!.Pseudonym);
            Assert.Equal("said"u8.ToArray(), store.FindByPseudonym(alice)!.Decrypt(text, "x"));
            Assert.Equal(alice, store.GetOrMint("t", "alice").Pseudonym);
            Assert.Equal((KeyState.Erased, KeyState.Locked), (store.StateOf(erased), store.StateOf(locked)));
        }

        using (var key = SealingKey.OpenOrMint(_directory["keys"], third)) Assert.Equal(seal, key.Id);
    }

    [Fact]
    public void Rewrap_InterruptedBetweenTwoKeys_GoesOn()
    {
        var (old, next) = (MasterKey.Mint(_directory["old"]), MasterKey.Mint(_directory["next"]));
        using (var store = KeyStore.Open(_directory["keys"], old))
        {
            for (var index = 0; index < 4; index++) store.GetOrMint("", $"user{index}");
        }

        var file = _directory["keys/subjects.keys"];
        var before = File.ReadAllBytes(file);
        KeyStore.Rewrap(_directory["keys"], old, next);

        // As if it had stopped after two of four.
        var after = File.ReadAllBytes(file);
        File.WriteAllBytes(file, [.. after.AsSpan(0, after.Length / 2), .. before.AsSpan(after.Length / 2)]);
        Assert.Equal(2, KeyStore.Rewrap(_directory["keys"], old, next));
        using var opened = KeyStore.Open(_directory["keys"], next);
        for (var index = 0; index < 4; index++) Assert.NotNull(opened.Find("", $"user{index}"));
        Assert.Equal(4, opened.All().Count());
    }

    [Theory]
    [InlineData("file:/nowhere/key", "cannot be read")]
    [InlineData("env:GATEWAY_TEST_NO_SUCH_KEY", "is not set")]
    [InlineData("command:false", "failed")]
    [InlineData("command:echo short", "not a key")]
    [InlineData("vault:x", "file:PATH, env:NAME or command:PROGRAM ARGUMENTS")]
    public void MasterKey_ThatCannotBeHad_SaysWhy(string source, string message) =>
        Assert.Contains(message, Assert.Throws<KeyStoreException>(() => MasterKey.Load(source)).Message, StringComparison.Ordinal);

    [Fact]
    public void MasterKey_FromFileEnvironmentAndCommand_IsTheSameKey()
    {
        var hex = Convert.ToHexStringLower(Enumerable.Range(0, 32).Select(index => (byte)index).ToArray());
        File.WriteAllText(_directory["key"], hex + "\n");
        using (var store = KeyStore.Open(_directory["keys"], MasterKey.Load("file:" + _directory["key"]))) store.GetOrMint("", "alice");
        Environment.SetEnvironmentVariable("GATEWAY_TEST_KEY", Convert.ToBase64String(Convert.FromHexString(hex)));
        using (KeyStore.Open(_directory["keys"], MasterKey.Load("env:GATEWAY_TEST_KEY")))
        using (KeyStore.Open(_directory["keys"], MasterKey.Load("command:cat " + _directory["key"])))
        {
            // Opening checks the key.
        }

        if (!OperatingSystem.IsWindows())
        {
            MasterKey.Mint(_directory["minted"]);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["minted"]));
        }
    }
}
