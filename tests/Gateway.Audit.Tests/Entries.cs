using Gateway.Audit.Records;

namespace Gateway.Audit.Tests;

/// <summary>Entries as the gateway makes them.</summary>
internal static class Entries
{
    public static OpenEntry Open(string id, int detections = 0) => new()
    {
        Id = id,
        Protocol = "openai",
        Operation = "chat.completions",
        Method = "POST",
        Path = "/v1/chat/completions",
        Model = "demo-model",
        Stream = true,
        Policy = "default",
        PolicyEpoch = "7",
        LexiconVersion = "l1",
        ModelVersion = "m1",
        FolderVersion = "f1",
        Request = Direction("allow", detections),
    };

    public static CloseEntry Close(string id, long delivered = 80) => new()
    {
        Id = id,
        Outcome = AuditOutcomes.Completed,
        Status = 200,
        Response = Direction("label", 1) with { ProducedChars = 100, DeliveredChars = delivered },
        Timings = new Dictionary<string, double> { ["inspect"] = 0.25, ["forward"] = 12.5 },
        Upstream = "a",
    };

    public static DeliveryEntry Delivery(string id, long delivered) => new() { Id = id, DeliveredChars = delivered, Reason = "client_gone" };

    public static DirectionRecord Direction(string action, int detections) => new()
    {
        Action = action,
        Detections = [.. Enumerable.Range(0, detections).Select(index => new AuditDetection
        {
            Risk = "a1.drugs",
            Start = index,
            Length = 2,
            Score = 0.93f,
            Detector = "keyword",
            Rule = "drugs.tsv:12",
            Tier = "block",
            Foldings = ["width", "zeroWidth"],
            Field = "messages[0].content",
        })],
        DetectionCount = detections,
        Judged = 120,
        JudgedFields = 2,
        Unjudged = [new UnjudgedSpan { Reason = "binary", Path = "messages[0].content[1].image_url", Kind = "image", Bytes = 900 }],
    };
}
