using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Detectors;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Serving;
using Gateway.TestSupport;

namespace Gateway.Tests.Detectors;

public sealed class HttpClassifierDetectorTests
{
    private const string Clean = """{"results":[{"flagged":false,"category_scores":{"hate":0.01,"violence":0.02}}]}""";

    [Fact]
    public async Task DetectAsync_Moderations_ReportsCategoriesAsRisksAndTheHighestAsAny()
    {
        var answer = """{"results":[{"flagged":false,"category_scores":{"hate":0.2,"violence":0.7,"violence/graphic":0.6,"brand-new":0.8}}]}""";
        var (found, asked) = await DetectAsync(new HttpClassifierOptions { Model = "omni" }, "some text", TextSide.Prompt, _ => Json(answer));
        Assert.Equal([("any", "violence-obscenity.violence", 0.8f), ("discrim-other", "discrim-other", 0.2f), ("violence-obscenity.violence", "violence-obscenity.violence", 0.7f)],
            found.Select(detection => (detection.Label!, detection.Risk, detection.Score)).OrderBy(item => item.Item1, StringComparer.Ordinal));
        using var question = JsonDocument.Parse(Assert.Single(asked));
        Assert.Equal(("omni", "some text"), (question.RootElement.GetProperty("model").GetString(), question.RootElement.GetProperty("input").GetString()));
    }

    [Fact]
    public async Task DetectAsync_FlaggedWithLowScores_CountsAsConfigured()
    {
        var (found, _) = await DetectAsync(new HttpClassifierOptions { FlaggedScore = 0.95f }, "x", TextSide.Prompt, _ => Json("""{"results":[{"flagged":true,"category_scores":{"hate":0.3}}]}"""));
        Assert.Equal(0.95f, found.Single(detection => detection.Label == "any").Score);
    }

    [Theory]
    [InlineData("Safety: Safe\nCategories: None", null, 0f)]
    [InlineData("Safety: Unsafe\nCategories: Violent", "violence-obscenity.violence", 1f)]
    [InlineData("Safety: Unsafe\nCategories: Jailbreak, PII", "x-prompt-injection", 1f)]
    [InlineData("safety: controversial\ncategories: Gambling", "other-prohibited.gambling", 0.7f)]
    public async Task DetectAsync_Guard_ReadsSafetyAndCategories(string words, string? risk, float score)
    {
        var options = new HttpClassifierOptions { Kind = "guard", Risks = { ["Gambling"] = "other-prohibited.gambling" } };
        var (found, asked) = await DetectAsync(options, "some text", TextSide.Response, _ => Json(JsonSerializer.Serialize(new { choices = new[] { new { message = new { content = words } } } })));
        if (risk is null) Assert.Empty(found);
        else
        {
            Assert.Contains(found, detection => detection.Label == "any" && detection.Score == score);
            Assert.Contains(found, detection => detection.Label == risk && detection.Score == score);
        }

        Assert.Contains("\"assistant\"", Assert.Single(asked), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("moderations", 500, Clean, ClassifierFault.Runtime)]
    [InlineData("moderations", 302, Clean, ClassifierFault.Runtime)]
    [InlineData("moderations", 200, "not json", ClassifierFault.BadOutput)]
    [InlineData("moderations", 200, "[]", ClassifierFault.BadOutput)]
    [InlineData("moderations", 200, """{"results":[]}""", ClassifierFault.BadOutput)]
    [InlineData("moderations", 200, """{"results":[{"flagged":false}]}""", ClassifierFault.BadOutput)]
    [InlineData("moderations", 200, """{"results":[{"category_scores":{"hate":"no"}}]}""", ClassifierFault.BadOutput)]
    [InlineData("moderations", 200, """{"results":[{"category_scores":{"hate":1.5}}]}""", ClassifierFault.BadOutput)]
    [InlineData("guard", 200, """{"choices":[]}""", ClassifierFault.BadOutput)]
    [InlineData("guard", 200, """{"choices":[{"message":{"content":"I think it is fine"}}]}""", ClassifierFault.BadOutput)]
    [InlineData("guard", 200, """{"choices":[{"message":{"content":"Safety: Perhaps"}}]}""", ClassifierFault.BadOutput)]
    public async Task Case_69_DetectAsync_AnythingButTheAgreedForm_IsAFault(string kind, int status, string body, ClassifierFault expected)
    {
        var fault = await Assert.ThrowsAsync<ClassifierFaultException>(() =>
            DetectAsync(new HttpClassifierOptions { Kind = kind }, "some text", TextSide.Prompt, _ => Json(body, (HttpStatusCode)status)));
        Assert.Equal(expected, fault.Fault);
        Assert.DoesNotContain("some text", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DetectAsync_AnswerOfMoreThanAMegabyte_IsAFault()
    {
        var fault = await Assert.ThrowsAsync<ClassifierFaultException>(() => DetectAsync(new HttpClassifierOptions(), "x", TextSide.Prompt, _ => Json(new string(' ', (1 << 20) + 1))));
        Assert.Equal(ClassifierFault.Runtime, fault.Fault);
    }

    [Fact]
    public async Task DetectAsync_NoAnswer_IsATimeoutOnceTheClockSaysSo()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        using var handler = new Handler(async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException("the delay ends with the token");
        });
        using var detector = Make(new HttpClassifierOptions { TimeoutMilliseconds = 300 }, handler, clock);
        var pending = detector.DetectAsync(TextWindow.Whole("x".AsMemory(), TextSide.Prompt), new DetectionList(), default).AsTask();
        await handler.Asked.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(pending.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(301));
        Assert.Equal(ClassifierFault.Timeout, (await Assert.ThrowsAsync<ClassifierFaultException>(() => pending)).Fault);
    }

    [Fact]
    public async Task DetectAsync_TenFailures_LeaveTheServiceAloneUntilTheCircuitCloses()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        var (calls, isBroken) = (0, true);
        using var handler = new Handler((_, _) =>
        {
            calls++;
            return Task.FromResult(isBroken ? Json("", HttpStatusCode.BadGateway) : Json(Clean));
        });
        using var detector = Make(new HttpClassifierOptions { BreakSeconds = 5 }, handler, clock);
        for (var i = 0; i < 15; i++) await Assert.ThrowsAsync<ClassifierFaultException>(Ask);
        Assert.Equal(10, calls);

        isBroken = false;
        clock.Advance(TimeSpan.FromSeconds(6));
        await Ask();
        Assert.Equal(11, calls);

        async Task Ask() => await detector.DetectAsync(TextWindow.Whole("x".AsMemory(), TextSide.Prompt), new DetectionList(), default);
    }

    [Fact]
    public async Task DetectAsync_MoreAtOnceThanAllowed_IsAFaultAtOnce()
    {
        var gate = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var handler = new Handler((_, _) => gate.Task);
        using var detector = Make(new HttpClassifierOptions { Concurrency = 1 }, handler, TimeProvider.System);
        var first = detector.DetectAsync(TextWindow.Whole("x".AsMemory(), TextSide.Prompt), new DetectionList(), default).AsTask();
        var fault = await Assert.ThrowsAsync<ClassifierFaultException>(async () => await detector.DetectAsync(TextWindow.Whole("y".AsMemory(), TextSide.Prompt), new DetectionList(), default));
        Assert.Equal(ClassifierFault.QueueFull, fault.Fault);
        gate.SetResult(Json(Clean));
        await first;
    }

    [Fact]
    public async Task DetectAsync_LongText_IsAskedAboutInOverlappingPiecesThatCoverIt()
    {
        var text = string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i:00000}"));
        var (found, asked) = await DetectAsync(new HttpClassifierOptions { PieceCharacters = 2000 }, text, TextSide.Prompt, question =>
            Json(question.Contains("00999", StringComparison.Ordinal) ? """{"results":[{"category_scores":{"hate":0.9}}]}""" : Clean));
        var inputs = asked.Select(question => JsonDocument.Parse(question).RootElement.GetProperty("input").GetString()!).ToArray();
        Assert.Equal(3, inputs.Length);
        Assert.All(Enumerable.Range(0, 1000), i => Assert.Contains(inputs, input => input.Contains($"{i:00000}", StringComparison.Ordinal)));
        var hate = found.Single(detection => detection.Label == "discrim-other");
        Assert.Equal(text.Length, hate.End);
    }

    private static async Task<(Detection[] Found, List<string> Asked)> DetectAsync(HttpClassifierOptions options, string text, TextSide side, Func<string, HttpResponseMessage> answer)
    {
        var asked = new List<string>();
        using var handler = new Handler(async (request, cancel) =>
        {
            asked.Add(Encoding.UTF8.GetString(await request.Content!.ReadAsByteArrayAsync(cancel)));
            return answer(asked[^1]);
        });
        using var detector = Make(options, handler, TimeProvider.System);
        var found = new DetectionList();
        Assert.Equal(0, await detector.DetectAsync(TextWindow.Whole(text.AsMemory(), side), found, default));
        return (found.ToArray(), asked);
    }

    private static readonly System.Diagnostics.Metrics.Meter Meter = new("http-classifier-tests");

    private static HttpClassifierDetector Make(HttpClassifierOptions options, HttpMessageHandler handler, TimeProvider clock)
    {
        options.Url = "http://guard.test/v1/moderations";
        return new HttpClassifierDetector(options, handler, Meter, clock);
    }

    private static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private sealed class Handler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send) : HttpMessageHandler
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            return send(request, cancellationToken);
        }
    }
}
