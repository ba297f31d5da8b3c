using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Models;
using Gateway.Onnx.Serving;

namespace Gateway.Benchmarks;

/// <summary>
/// <c>eng/bench classifier</c>: the shipped model beside fasttext trained on the same texts, on dev B; and what it costs, from
/// string to verdict on one worker.
/// </summary>
internal sealed class ClassifierRun(string data, string model, bool isJson)
{
    private const int Bytes = 1024, AloneTexts = 3000, BatchTexts = 20_000, Flight = 64;
    private readonly Dictionary<string, double> _figures = [];

    public async Task<int> RunAsync()
    {
        var dev = ExampleFile.Read(Path.Combine(data, "data", "dev.jsonl.gz")).Where(example => !DevHalf.IsA(example)).ToArray();
        await OursAsync(dev);
        FastText(dev);
        Print();
        return 0;
    }

    private async Task OursAsync(Example[] dev)
    {
        var before = Environment.WorkingSet;
        var clock = Stopwatch.StartNew();
        using var meter = new Meter("gateway-bench");
        using var loaded = ClassifierModel.Load(model);
        _figures["load_seconds"] = clock.Elapsed.TotalSeconds;
        await using var classifier = new RiskClassifier(loaded, new ClassifierOptions { Workers = 1, Budget = TimeSpan.FromMinutes(1) }, new ClassifierMetrics(meter), TimeProvider.System);
        _figures["model_bytes"] = new FileInfo(Path.Combine(model, ModelManifest.ModelFileName)).Length;

        // 1. Quality, and the answers: a text judged among others must score as it does alone.
        var scores = new float[dev.Length];
        await ForEachAsync(dev.Length, async i => scores[i] = (await classifier.ScoreAsync(dev[i].Text.AsMemory(), dev[i].Side, default)).Any);
        for (var i = 0; i < dev.Length; i += 50)
        {
            var alone = (await classifier.ScoreAsync(dev[i].Text.AsMemory(), dev[i].Side, default)).Any;
            if (!(Math.Abs(alone - scores[i]) < 1e-4)) throw new WrongAnswerException($"text {i} scores {alone} alone and {scores[i]} among others");
        }

        Quality("ours", dev, scores);

        // 2. Speed, from string to verdict.
        var detector = new ClassifierDetector(classifier);
        var policy = new Policy
        {
            Name = "bench",
            Thresholds = loaded.Thresholds.ToFrozenDictionary(pair => pair.Key, pair => new Thresholds(pair.Value.Block, pair.Value.Label, pair.Value.Cut)),
        };
        var texts = OneKilobyte(dev);
        var times = new double[AloneTexts];
        for (var i = -200; i < AloneTexts; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await JudgeAsync(texts[(i + 200) % texts.Length]);
            if (i >= 0) times[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        }

        Array.Sort(times);
        (_figures["alone_p50_us"], _figures["alone_p99_us"]) = (times[AloneTexts / 2], times[AloneTexts * 99 / 100]);
        clock.Restart();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        await ForEachAsync(BatchTexts, async i => await JudgeAsync(texts[i % texts.Length]));
        _figures["batched_texts_per_second"] = BatchTexts / clock.Elapsed.TotalSeconds;
        _figures["batched_texts_per_cpu_second"] = BatchTexts / (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
        GC.Collect();
        _figures["memory_bytes"] = Environment.WorkingSet - before;

        async ValueTask JudgeAsync(string text)
        {
            var found = new DetectionList();
            await detector.DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, default);
            policy.Decide(found);
        }
    }

    private void FastText(Example[] dev)
    {
        using var peer = new FastTextPeer();
        peer.Train(ExampleFile.Read(Path.Combine(data, "data", "train.jsonl.gz")));
        Quality("fasttext", dev, peer.Score(dev));
        (_figures["fasttext_training_seconds"], _figures["fasttext_model_bytes"], _figures["fasttext_texts_per_second"]) = (peer.TrainingSeconds, peer.ModelBytes, peer.TextsPerSecond);
    }

    private void Quality(string name, Example[] dev, float[] scores)
    {
        Add("", _ => true);
        Add("_en_response", example => example is { Language: "en", Side: TextSide.Response });

        void Add(string suffix, Func<Example, bool> isWanted)
        {
            var scored = dev.Select((example, i) => (example, scores[i])).Where(pair => isWanted(pair.example)).Select(pair => (pair.Item2, pair.example.IsHarmful)).ToList();
            _figures[$"{name}{suffix}_auroc"] = Metrics.Auroc(scored);
            _figures[$"{name}{suffix}_f1"] = Metrics.At(scored, 0.5f).F1;
            _figures[$"{name}{suffix}_recall_at_2_percent"] = Metrics.At(scored, Metrics.ThresholdAtFalsePositives(scored, 0.02)).Recall;
        }
    }

    /// <summary>Texts of 1 KB of UTF-8 each, in both languages, made of whole dev texts.</summary>
    private static string[] OneKilobyte(Example[] dev)
    {
        var texts = new List<string>();
        foreach (var language in dev.GroupBy(example => example.Language))
        {
            var text = new StringBuilder();
            foreach (var example in language)
            {
                foreach (var rune in (example.Text + "\n").EnumerateRunes())
                {
                    text.Append(rune.ToString());
                    if (Encoding.UTF8.GetByteCount(text.ToString()) < Bytes) continue;
                    texts.Add(text.ToString());
                    text.Clear();
                }

                if (texts.Count >= 1000) break;
            }
        }

        // Both languages in turn.
        var random = new Random(1);
        var shuffled = texts.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }

    private static async Task ForEachAsync(int count, Func<int, Task> run)
    {
        var pending = new Queue<Task>();
        for (var i = 0; i < count; i++)
        {
            pending.Enqueue(run(i));
            if (pending.Count == Flight) await pending.Dequeue();
        }

        await Task.WhenAll(pending);
    }

    private void Print()
    {
        if (isJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(_figures));
            return;
        }

        foreach (var (name, value) in _figures) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-34} {value:0.####}"));
    }
}
