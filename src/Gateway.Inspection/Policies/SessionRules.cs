namespace Gateway.Inspection.Policies;

/// <summary>What a companion service owes its users: notices, an exit that is honoured at once, no minors.</summary>
public sealed record SessionRules
{
    /// <summary>Continuous use after which, and after each further such time, a notice comes. Default 2 hours.</summary>
    public TimeSpan Reminder { get; init; } = TimeSpan.FromHours(2);

    /// <summary>A pause after which use is no longer continuous. Default 30 minutes.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Least time between two notices of dependence. Default an hour.</summary>
    public TimeSpan DependencePause { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The notice with the first answer.</summary>
    public string Notice { get; init; } = "您正在与人工智能对话，它不是真人。You are talking to an AI, not to a person.";

    /// <summary>The notice after continuous use.</summary>
    public string Reminding { get; init; } = "您已连续使用较长时间，请休息一下。对话的另一方是人工智能。You have been talking for a long time. Take a break; you are talking to an AI.";

    /// <summary>The notice on signs of dependence.</summary>
    public string Dependence { get; init; } = "我是人工智能，不能代替身边的人。请多与家人、朋友联系。I am an AI and cannot take the place of people. Do talk to somebody close to you.";

    /// <summary>Words that end the conversation when a turn holds nothing else.</summary>
    public IReadOnlyList<string> Exit { get; init; } = ["退出", "结束对话", "结束", "再见", "拜拜", "exit", "quit", "stop", "bye", "goodbye"];

    /// <summary>The whole answer to such a turn.</summary>
    public string Farewell { get; init; } = "对话已结束。The conversation has ended.";

    /// <summary>Minors may use it. Default false.</summary>
    public bool TakesMinors { get; init; }
}
