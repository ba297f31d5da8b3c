namespace Gateway.Benchmarks;

/// <summary>An engine gave a wrong answer, or broke a promise that does not depend on the machine: the figures would mean nothing.</summary>
internal sealed class WrongAnswerException(string message) : Exception(message);
