namespace Gateway.Benchmarks;

/// <summary>One text to scan, in both forms: UTF-16 as .NET has it, UTF-8 as Hyperscan reads it.</summary>
internal sealed record Document(string Text, byte[] Utf8);
