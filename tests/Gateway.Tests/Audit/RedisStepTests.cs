using System.Reflection;
using Gateway.Audit;
using StackExchange.Redis;

namespace Gateway.Tests.Audit;

/// <summary>
/// What the client does with a command that nobody waits for yet when it leaves: version 1.2 ends it on the spot, puts the place of its answer back, and does so again
/// when the connection is given up. Here it is played by a client that does the first half.
/// </summary>
public class RedisStepTests
{
    [Fact]
    public async Task Answer_IsWaitedForBeforeTheCommandLeaves()
    {
        var client = Client.Make(out var sent);

        var step = RedisStep.RunAsync(client, database => database.ScriptEvaluateAsync("return 1"), answer => answer.WaitAsync(Timeout.InfiniteTimeSpan));
        Assert.Equal([true], sent.WereWaitedFor);
        sent.Answer.SetResult(RedisResult.Create("one"));

        Assert.Equal("one", (string?)await step);
    }

    [Fact]
    public async Task NoAnswerAtAll_CountsAsUnanswered()
    {
        var step = RedisStep.RunAsync(Client.Make(out var sent), database => database.ExecuteAsync("PING"), answer => answer);
        sent.Answer.SetResult(null!);

        await Assert.ThrowsAsync<TimeoutException>(() => step);
    }

    [Fact]
    public async Task WhoHasGivenUp_SendsNothing()
    {
        var step = RedisStep.RunAsync(Client.Make(out var sent), database => database.ExecuteAsync("PING"), answer => answer.WaitAsync(new CancellationToken(true)));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => step);
        Assert.Empty(sent.WereWaitedFor);
    }

    /// <summary>What was sent, and whether somebody waited for the answer by then.</summary>
    public sealed class Sent
    {
        public TaskCompletionSource<RedisResult> Answer { get; } = new();

        public List<bool> WereWaitedFor { get; } = [];

        // How the client itself tells.
        public void Leaves() => WereWaitedFor.Add(typeof(Task).GetField("m_continuationObject", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(Answer.Task) is not null);
    }

    /// <summary>Connection, database and batch in one.</summary>
    public class Client : DispatchProxy
    {
        private Sent _sent = null!;

        private bool _isBatch;

        public static IConnectionMultiplexer Make(out Sent sent)
        {
            sent = new Sent();
            return Make<IConnectionMultiplexer>(sent);
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            switch (targetMethod!.Name)
            {
                case nameof(IConnectionMultiplexer.GetDatabase): return Make<IDatabase>(_sent);
                case nameof(IDatabase.CreateBatch):
                    var batch = Make<IBatch>(_sent);
                    ((Client)(object)batch)._isBatch = true;
                    return batch;
                case nameof(IBatch.Execute):
                    _sent.Leaves();
                    return null;
                default:
                    if (!_isBatch) _sent.Leaves();
                    return _sent.Answer.Task;
            }
        }

        private static T Make<T>(Sent sent)
            where T : class
        {
            var made = Create<T, Client>();
            ((Client)(object)made)._sent = sent;
            return made;
        }
    }
}
