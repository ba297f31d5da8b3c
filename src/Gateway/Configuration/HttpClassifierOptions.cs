namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:HttpClassifier</c>: a classifier asked over HTTP, beside the one in the process.</summary>
internal sealed class HttpClassifierOptions
{
    /// <summary>Full address, such as <c>http://guard:8000/v1/moderations</c> or <c>…/v1/chat/completions</c>. Default: none, nothing is asked.</summary>
    public string? Url { get; set; }

    /// <summary>
    /// What answers: <c>moderations</c> (OpenAI's form, scores by category; default) or <c>guard</c> (a chat model that answers
    /// "Safety: … Categories: …", such as Qwen3Guard).
    /// </summary>
    public string Kind { get; set; } = "moderations";

    /// <summary>The model's name in the request. Default: none is sent.</summary>
    public string? Model { get; set; }

    /// <summary>Environment variable that holds the key for <c>Authorization: Bearer</c>. Default: no key.</summary>
    public string? KeyVariable { get; set; }

    /// <summary>The risk of each category by name, in addition to the built-in ones. An unknown category counts as <c>any</c> alone.</summary>
    public Dictionary<string, string> Risks { get; set; } = [];

    /// <summary>Longest wait for one answer, milliseconds. Default 5,000. Beyond: <c>OnFault</c>.</summary>
    public int TimeoutMilliseconds { get; set; } = 5000;

    /// <summary>Questions under way at once. Default 64. Beyond: <c>OnFault</c>, at once.</summary>
    public int Concurrency { get; set; } = 64;

    /// <summary>How long nothing is asked after half of at least ten answers within ten seconds failed, seconds. Default 5. Meanwhile: <c>OnFault</c>.</summary>
    public int BreakSeconds { get; set; } = 5;

    /// <summary>Characters asked about at a time; a longer text is asked about in overlapping pieces. Default 8,000.</summary>
    public int PieceCharacters { get; set; } = 8000;

    /// <summary>The least score, as <c>any</c>, of a text that a moderation service flags, 0 to 1. Default 0.9.</summary>
    public float FlaggedScore { get; set; } = 0.9f;

    /// <summary>The score of a guard's "Controversial", 0 to 1; "Unsafe" is 1. Default 0.7.</summary>
    public float ControversialScore { get; set; } = 0.7f;
}
