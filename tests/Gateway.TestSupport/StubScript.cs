using System.Collections.Concurrent;

namespace Gateway.TestSupport;

/// <summary>What the model server answers to the requests that name this script, and which of them arrived.</summary>
public sealed class StubScript
{
    private readonly ConcurrentQueue<StubRequest> _requests = new();
    private readonly TaskCompletionSource<StubCall> _called = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal StubScript(string id, Func<StubCall, Task> answer) => (Id, Answer) = (id, answer);

    /// <summary>Sent in the header <see cref="StubModelServer.ScriptHeader"/>, or anywhere in the body, for instance as the model.</summary>
    public string Id { get; }

    public IReadOnlyList<StubRequest> Requests => [.. _requests];

    /// <summary>The first call, once it has arrived.</summary>
    public Task<StubCall> Called => _called.Task.WaitAsync(Eventually.Patience);

    internal Func<StubCall, Task> Answer { get; }

    internal void Record(StubCall call)
    {
        _requests.Enqueue(call.Request);
        _called.TrySetResult(call);
    }
}
