using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Streams;

/// <summary>
/// Streams of random text, cut at random, whose server dies, stalls or finishes and whose client stays or leaves, by
/// seed. Whatever happens: no block term is released, and there is one closed record that says how much was.
/// </summary>
public sealed class SeededFaultTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const int Seeds = 120;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private static readonly string[] Words =
    [
        "bread", " ", "kestrel", "bane", "kes", "赤霞", "禁", "语", "𠮷", "野暗号", ". ", "\n", "amber sunset ", "protocol", "kestrelbane museum",
        "river", "早上好", "😀", "wyrmglass", "k", "e", "\u200B",
    ];

    [Fact]
    public async Task Stream_WithFaultsBySeed_NeverReleasesATermAndIsRecordedOnce()
    {
        var first = Random.Shared.Next(1_000_000);
        await Parallel.ForEachAsync(Enumerable.Range(first, Seeds), new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (seed, _) =>
        {
            try
            {
                await RunAsync(new Random(seed));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}: {failure.Message}", failure);
            }
        });
    }

    private async Task RunAsync(Random random)
    {
        var text = string.Concat(Enumerable.Range(0, random.Next(1, 60)).Select(_ => Words[random.Next(Words.Length)]));
        var events = new ChatEvents(bare: random.Next(2) == 0).Role();
        var runes = text.EnumerateRunes().Select(rune => rune.ToString()).ToList();
        for (var start = 0; start < runes.Count;)
        {
            var length = Math.Min(random.Next(1, 8), runes.Count - start);
            events.Text(string.Concat(runes.Skip(start).Take(length)));
            start += length;
        }

        var pieces = Chunked.BySeed(events.Finish().Done().Bytes, random.Next());
        var (dies, stalls) = (random.Next(4) == 0, random.Next(4) == 0);
        var sent = dies || stalls ? random.Next(pieces.Count) : pieces.Count;
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            for (var index = 0; index < sent; index++) await call.DeliverAsync(pieces[index]);
            if (dies) await call.AbortAsync();
            else if (stalls) await call.Cancelled;
        });

        var exchange = await ReceiveAsync(script, leaves: stalls && !dies);
        if (exchange is null) return;

        Recorded.AssertHolds(exchange.Text, "the stream's bytes");
        var received = exchange.Events.Text();
        Assert.StartsWith(received, text, StringComparison.Ordinal);
        Recorded.AssertHolds(Judgeable(text)[..received.Length].Replace("\u200B", "", StringComparison.Ordinal), "the text");
        var record = await Eventually.SomeAsync(
            () => gateway.Host.Audit.Find(exchange.Id!).SingleOrDefault(found => found.Outcome != Outcomes.Open), $"a closed record of {exchange.Id}");
        Assert.Contains(record.Outcome, new[] { Outcomes.Completed, Outcomes.Blocked, Outcomes.UpstreamError, Outcomes.ClientGone });
        if (exchange.IsComplete) Assert.Equal(exchange.Events.Text().Length, record.DeliveredChars);
        if (record.Outcome == Outcomes.Completed) Assert.Equal(text, exchange.Events.Text());
    }

    /// <summary>Reads to the end. A client that leaves does so when nothing has come for a moment; null when it had not even a header by then.</summary>
    private async Task<Exchange?> ReceiveAsync(StubScript script, bool leaves)
    {
        using var client = gateway.Host.NewClient();
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
        using var leaving = new CancellationTokenSource();
        var sending = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
        if (leaves)
        {
            await script.Called;
            if (await Task.WhenAny(sending, Task.Delay(Moment, CancellationToken.None)) != sending)
            {
                await leaving.CancelAsync();
                try
                {
                    (await sending).Dispose();
                }
                catch (OperationCanceledException)
                {
                    // Left before the first header, as meant.
                }

                return null;
            }
        }

        using var response = await sending;
        if (!leaves) return await Exchange.ReadAsync(response);

        using var received = new MemoryStream();
        await using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[4096];
        while (true)
        {
            var reading = body.ReadAsync(buffer).AsTask();
            if (await Task.WhenAny(reading, Task.Delay(Moment, CancellationToken.None)) != reading) break;
            var count = await reading;
            if (count == 0) return new Exchange(200, Exchange.HeadersOf(response), received.ToArray());
            received.Write(buffer, 0, count);
        }

        // What ends in the middle of an event says nothing to a client.
        return new Exchange(200, Exchange.HeadersOf(response), WholeEvents(received.ToArray()), IsComplete: false);
    }

    private static byte[] WholeEvents(byte[] bytes)
    {
        var end = bytes.AsSpan().LastIndexOf("\n\n"u8);
        return end < 0 ? [] : bytes[..(end + 2)];
    }

    /// <summary>The text with the allowed phrases blanked out, letter for letter.</summary>
    private static string Judgeable(string text) => text.Replace(TestLexicon.Allowed, new string('#', TestLexicon.Allowed.Length), StringComparison.Ordinal);
}
