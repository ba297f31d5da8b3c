using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Serving;
using Gateway.Proxy;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway check</c>: judges texts with the same lexicon, classifiers and policy the service would use, and says why. Unlike the service it asks
/// the classifiers even where a keyword has decided.
/// </summary>
internal sealed class CheckCommand(EpochSource epochs)
{
    /// <summary>Exit code when at least one line was bad.</summary>
    public const int BadLine = 2;

    // Lines judged at a time: enough to keep every worker busy, in order all the same.
    private const int Ahead = 256;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // A service that is asked takes no more at once, and what is beyond is a fault.
    private readonly int _ahead = Math.Min(Ahead, epochs.Http?.Concurrency ?? Ahead);
    private readonly Epoch _epoch = epochs.Current;
    private readonly Policy _policy = epochs.Current.Policies[EpochSource.DefaultPolicy];

    /// <summary>Judges one text and prints the verdict for a reader.</summary>
    public async Task<int> RunAsync(string text, TextSide side, TextWriter output)
    {
        var judged = await JudgeAsync(text, side);
        var verdict = judged.Verdict;
        await output.WriteLineAsync($"action: {Exchange.NameOf(judged.Action)}");
        foreach (var (detector, fault) in judged.Faults)
            await output.WriteLineAsync($"  fault: {detector} {ClassifierMetrics.Reason(fault.Fault)}, {fault.Message}; OnFault is {judged.OnFault}");
        foreach (var found in verdict.Detections)
        {
            var score = found.Tier is { } tier ? tier.ToString().ToLowerInvariant() : found.Score.ToString("0.000", CultureInfo.InvariantCulture);
            var foldings = found.Foldings == Inspection.Text.Foldings.None ? "" : $", folded: {found.Foldings}";
            await output.WriteLineAsync($"  {found.Risk}: {found.Detector} {found.Rule} ({score}) at {found.Start}..{found.End}{foldings}");
        }

        if (verdict.Masks.Count > 0) await output.WriteLineAsync($"  masked: {Masked(text, verdict)}");
        if (verdict.Detections.Count == 0) await output.WriteLineAsync("  nothing found");
        foreach (var (label, score) in judged.Scores.OrderByDescending(pair => pair.Value).Take(5))
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  score {label}: {score:0.000}"));
        }

        return 0;
    }

    /// <summary>Judges lines of JSON, <c>{"text","side"}</c>, one answer a line, in order.</summary>
    /// <returns>0, or <see cref="BadLine"/> when at least one line was bad.</returns>
    public async Task<int> RunLinesAsync(TextReader input, Stream output)
    {
        var pending = new Queue<Task<ReadOnlyMemory<byte>?>>();
        var hasBadLine = false;
        while (await input.ReadLineAsync() is { } line)
        {
            pending.Enqueue(AnswerAsync(line));
            if (pending.Count == _ahead) await WriteAsync(pending.Dequeue());
        }

        while (pending.TryDequeue(out var answer)) await WriteAsync(answer);
        await output.FlushAsync();
        return hasBadLine ? BadLine : 0;

        async Task WriteAsync(Task<ReadOnlyMemory<byte>?> answer)
        {
            var bytes = await answer;
            hasBadLine |= bytes is null;
            await output.WriteAsync(bytes ?? "{\"error\":\"A line is a JSON object with text (a string) and side (prompt or response).\"}\n"u8.ToArray());
        }
    }

    private async Task<ReadOnlyMemory<byte>?> AnswerAsync(string line)
    {
        if (!TryParse(line, out var text, out var side)) return null;
        var judged = await JudgeAsync(text, side);
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, Readable)) Write(json, judged);
        output.Write("\n"u8);
        return output.WrittenMemory;
    }

    private async Task<CheckedText> JudgeAsync(string text, TextSide side)
    {
        var judged = new CheckedText(text, _policy.OnFault);
        if (text.Length == 0) return judged;
        var window = TextWindow.Whole(text.AsMemory(), side);
        await _epoch.Inspector.DetectImmediateAsync(window, judged.Found, CancellationToken.None);
        if (_epoch.Model is { } model)
        {
            try
            {
                var answer = await model.Classifier.ScoreAsync(text.AsMemory(), side, CancellationToken.None);
                for (var i = 0; i < answer.Labels.Count; i++) judged.Scores[answer.Labels[i]] = answer[i];
                model.Detector.Report(answer, judged.Found);
            }
            catch (ClassifierFaultException fault)
            {
                judged.Faults.Add((model.Detector.Name, fault));
            }
        }

        if (epochs.Http is { } http)
        {
            try
            {
                await http.DetectAsync(window, judged.Found, CancellationToken.None);
            }
            catch (ClassifierFaultException fault)
            {
                judged.Faults.Add((http.Name, fault));
            }
        }

        judged.Verdict = _policy.Decide(judged.Found, side: side);
        return judged;
    }

    private static void Write(Utf8JsonWriter json, CheckedText judged)
    {
        json.WriteStartObject();
        json.WriteString("action", Exchange.NameOf(judged.Action));
        if (judged.Faults.Count > 0)
        {
            json.WriteStartArray("faults");
            foreach (var (detector, fault) in judged.Faults)
            {
                json.WriteStartObject();
                json.WriteString("detector", detector);
                json.WriteString("reason", ClassifierMetrics.Reason(fault.Fault));
                json.WriteString("onFault", judged.OnFault == FaultAction.Block ? "block" : "allow");
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteStartArray("risks");
        foreach (var found in judged.Verdict.Detections)
        {
            json.WriteStartObject();
            json.WriteString("risk", found.Risk);
            json.WriteNumber("score", found.Score);
            json.WriteString("detector", found.Detector);
            json.WriteString("rule", found.Rule);
            json.WriteNumber("start", found.Start);
            json.WriteNumber("length", found.Length);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (judged.Verdict.Masks.Count > 0) json.WriteString("masked", Masked(judged.Text, judged.Verdict));
        json.WriteStartObject("scores");
        foreach (var (label, score) in judged.Scores) json.WriteNumber(label, score);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The text as an answer would leave.</summary>
    private static string Masked(string text, Verdict verdict)
    {
        var masked = new StringBuilder();
        var position = 0;
        foreach (var mask in verdict.Masks)
        {
            // Findings may overlap: what is left of the later one must not show.
            if (mask.End <= position) continue;
            if (mask.Start >= position) masked.Append(text, position, mask.Start - position).Append(Encoding.ASCII.GetString(MaskedText.Replacement(mask)));
            position = mask.End;
        }

        return masked.Append(text, position, text.Length - position).ToString();
    }

    /// <summary>Reads a line <c>{"text","side"}</c>; the side is <c>prompt</c> where none is given.</summary>
    public static bool TryParse(string line, out string text, out TextSide side)
    {
        text = "";
        side = TextSide.Prompt;
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return false;
            if (!root.TryGetProperty("text", out var given) || given.ValueKind != JsonValueKind.String) return false;
            text = given.GetString()!;
            if (!root.TryGetProperty("side", out var named) || named.ValueKind == JsonValueKind.Null) return true;
            return named.ValueKind == JsonValueKind.String && TryParseSide(named.GetString(), out side);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Reads <c>prompt</c> or <c>response</c>.</summary>
    public static bool TryParseSide(string? word, out TextSide side)
    {
        side = word == "response" ? TextSide.Response : TextSide.Prompt;
        return word is "prompt" or "response";
    }
}
