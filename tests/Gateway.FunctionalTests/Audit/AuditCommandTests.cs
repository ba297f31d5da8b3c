using System.Text.Json;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Commands;
using Gateway.Configuration;

namespace Gateway.FunctionalTests.Audit;

public sealed class AuditCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-audit-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Tail_WhileTheGatewayWrites_PrintsTheNewestLast()
    {
        await using var journal = await WriteAsync(5);
        var (code, output, error) = Run(new AuditTailCommand(_directory, 2, asJson: false).Run);
        Assert.Equal((0, ""), (code, error));
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("x3  completed 200", lines[0], StringComparison.Ordinal);
        Assert.Contains("x4  completed 200  openai/demo-?model  prompt allow (a1.drugs)  answer allow", lines[1], StringComparison.Ordinal);

        var json = Run(new AuditTailCommand(_directory, 3, asJson: true).Run).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["x2", "x3", "x4"], json.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Show_KnownExchange_PrintsItsRecord()
    {
        await using var journal = await WriteAsync(2);
        var (code, output, _) = await ShowAsync(_directory, "x1", asJson: true);
        Assert.Equal(0, code);
        Assert.Equal("completed", JsonDocument.Parse(output).RootElement.GetProperty("outcome").GetString());

        var text = (await ShowAsync(_directory, "x1", asJson: false)).Output;
        Assert.Contains("outcome   completed (200)", text, StringComparison.Ordinal);
        Assert.Contains("found a1.drugs by keyword watch drugs.tsv:12, score 1, at 3+2", text, StringComparison.Ordinal);
        Assert.Contains("not judged: binary, image, messages[0], 900 bytes", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public async Task Show_UnknownOrUnreadable_SaysWhy()
    {
        await using var journal = await WriteAsync(1);
        Assert.Equal((1, "", $"There is no exchange y in {_directory}.{Environment.NewLine}"), await ShowAsync(_directory, "y", asJson: false));
        var (code, _, error) = await ShowAsync(_directory + "/none", "x0", asJson: false);
        Assert.Equal(2, code);
        Assert.Contains("There is no directory", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_SoundBrokenAndUnreadable_ExitZeroOneTwo()
    {
        await using (await WriteAsync(3))
        {
            var (code, output, _) = await RunAsync(new AuditVerifyCommand(_directory));
            Assert.Equal(0, code);
            Assert.StartsWith("sound: 6 entries of 3 exchanges", output, StringComparison.Ordinal);
            Assert.Contains("not proven: ", output, StringComparison.Ordinal);
        }

        var segment = Directory.GetFiles(_directory, "journal-*.ndjson").Single();
        File.WriteAllText(segment, File.ReadAllText(segment).Replace("\"id\":\"x1\"", "\"id\":\"y1\"", StringComparison.Ordinal));
        var broken = await RunAsync(new AuditVerifyCommand(_directory));
        Assert.Equal(1, broken.Code);
        Assert.Contains(Path.GetFileName(segment) + ", line 3", broken.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await ShowAsync(_directory, "y1", asJson: false)).Code);

        var unreadable = await RunAsync(new AuditVerifyCommand(_directory + "/none"));
        Assert.Equal((2, ""), (unreadable.Code, unreadable.Output));
        Assert.StartsWith("unreadable: ", unreadable.Error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> ShowAsync(string directory, string id, bool asJson)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        using var places = new RecordPlaces(new AuditOptions { Directory = directory }, TimeProvider.System);
        var code = await AuditFaults.GuardedAsync(error, () => new RecordCommands(places, output, error).ShowAsync(id, false, null, asJson, default));
        return (code, output.ToString(), error.ToString());
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(AuditVerifyCommand command)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        return (await command.RunAsync(output, error), output.ToString(), error.ToString());
    }

    private static (int Code, string Output, string Error) Run(Func<TextWriter, TextWriter, int> command)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (command(output, error), output.ToString(), error.ToString());
    }

    private async Task<AuditJournal> WriteAsync(int exchanges)
    {
        var journal = await AuditJournal.OpenAsync(_directory);
        for (var index = 0; index < exchanges; index++)
        {
            await journal.AppendAsync(new OpenEntry
            {
                Id = $"x{index}",
                Protocol = "openai",
                Method = "POST",
                Path = "/v1/chat/completions",
                Model = "demo-\u001bmodel",
                PolicyEpoch = "1",
                Request = new DirectionRecord
                {
                    Action = "allow",
                    Judged = 10,
                    JudgedFields = 1,
                    DetectionCount = 1,
                    Detections = [new AuditDetection { Risk = "a1.drugs", Start = 3, Length = 2, Score = 1, Detector = "keyword", Rule = "drugs.tsv:12", Tier = "watch" }],
                    Unjudged = [new UnjudgedSpan { Reason = "binary", Path = "messages[0]", Kind = "image", Bytes = 900 }],
                },
            });
            await journal.AppendAsync(new CloseEntry
            {
                Id = $"x{index}",
                Outcome = AuditOutcomes.Completed,
                Status = 200,
                Response = new DirectionRecord { Action = "allow", Judged = 20, JudgedFields = 1, ProducedChars = 20, DeliveredChars = 20 },
            });
        }

        return journal;
    }
}
