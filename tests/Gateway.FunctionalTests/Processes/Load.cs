using System.Collections.Concurrent;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Processes;

/// <summary>Clients that ask without pause, buffered and streamed, clean and blocked, and remember what they were given whole.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Exchange> _delivered = [];
    private readonly List<Task> _clients = [];
    private readonly HttpClient _client;
    private int _broken;
    private int _next;

    private Load(HttpClient client) => _client = client;

    /// <summary>Answers that arrived to their last byte.</summary>
    public IReadOnlyCollection<Exchange> Delivered => _delivered;

    /// <summary>Requests that ended with a broken connection or none.</summary>
    public int Broken => Volatile.Read(ref _broken);

    public static Load Start(HttpClient client, int clients = 8)
    {
        var load = new Load(client);
        for (var index = 0; index < clients; index++) load._clients.Add(Task.Run(load.AskAsync));
        return load;
    }

    /// <summary>A model server for this: streams where a stream is asked for.</summary>
    public static async Task AnswerAsync(StubCall call)
    {
        if (!call.Request.Text.Contains("\"stream\":true", StringComparison.Ordinal))
        {
            await call.AnswerAsync(ChatTranscripts.Answer("A harmless answer."));
            return;
        }

        await call.StartStreamAsync();
        await call.WriteAsync(ChatEvents.Of("A harmless ", "stream ", "of words."));
    }

    public Task ReachAsync(int answers) => Eventually.TrueAsync(() => _delivered.Count >= answers, $"{answers} answers were delivered");

    /// <summary>Lets running requests end, or break, and asks no more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients).WaitAsync(Eventually.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AskAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var kind = Interlocked.Increment(ref _next) % 4;
            var body = ChatTranscripts.Request(kind == 3 ? TestLexicon.Block : "Hello", stream: kind is 1 or 2);
            try
            {
                using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, body, null);
                using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                var exchange = await Exchange.ReadAsync(response);
                if (exchange.IsComplete) _delivered.Add(exchange);
                else Interlocked.Increment(ref _broken);
            }
            catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException)
            {
                Interlocked.Increment(ref _broken);

                // Nobody listens: do not spin.
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }
}
