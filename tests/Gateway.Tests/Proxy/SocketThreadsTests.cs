using Gateway.Proxy;

namespace Gateway.Tests.Proxy;

public sealed class SocketThreadsTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0-1\n", "0,1")]
    [InlineData("0-2,5,8-9\n", "0,1,2,5,8,9")]
    public void ProcessorsOf_ListOfTheKernel_NamesEach(string list, string expected) =>
        Assert.Equal(expected, string.Join(',', SocketThreads.ProcessorsOf(list)));

    [Fact]
    public async Task LongWork_LongBody_GoesOnOnAThreadOfThePool()
    {
        var isPool = false;
        var done = new TaskCompletionSource();
        var thread = new Thread(() => _ = WorkAsync());
        thread.Start();
        await done.Task;
        Assert.True(isPool);

        async Task WorkAsync()
        {
            await SocketThreads.LongWorkAsync(1024);
            Assert.False(Thread.CurrentThread.IsThreadPoolThread);
            await SocketThreads.LongWorkAsync(1024 * 1024);
            isPool = Thread.CurrentThread.IsThreadPoolThread;
            done.SetResult();
        }
    }
}
