using System.Buffers;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;

namespace Gateway.Proxy;

/// <summary>
/// Headers, both ways: no place for text, but bytes that pass. The immediate detectors read all of them at once; one that holds what would be
/// blocked, in answers also what would be masked, stays behind, and the record says so.
/// </summary>
internal static class HeaderText
{
    /// <summary>Ask frameworks to take a request for another one than was judged: never forwarded.</summary>
    public static readonly string[] Overrides = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"];

    /// <summary>Secrets that the client and the model server share: exempt.</summary>
    private static readonly string[] Credentials = ["Authorization", "Proxy-Authorization", .. Proxy.Credentials.KeyHeaders];

    /// <summary>Finds the headers that stay behind.</summary>
    /// <returns>Their names; <see langword="null"/> for none, which is nearly always.</returns>
    public static async ValueTask<List<string>?> FindAsync(IHeaderDictionary headers, TextSide side, Exchange exchange, Judgement judgement, CancellationToken cancellationToken)
    {
        var found = new DetectionList();
        var length = 0;
        foreach (var (name, values) in headers)
        {
            foreach (var value in values) length += Length(name, value);
        }

        var text = ArrayPool<char>.Shared.Rent(length);
        try
        {
            var end = 0;
            foreach (var (name, values) in headers)
            {
                if (side == TextSide.Prompt && IsCredential(name)) continue;
                foreach (var value in values) end += Write(name, value, text.AsSpan(end));
            }

            await WholeText.DetectAsync(exchange.Epoch.Inspector, text.AsMemory(0, end), side, found, cancellationToken);
            if (found.Count == 0) return null;

            List<string>? names = null;
            foreach (var (name, values) in headers)
            {
                if (side == TextSide.Prompt && IsCredential(name)) continue;
                foreach (var value in values)
                {
                    found.Clear();
                    end = Write(name, value, text);
                    await WholeText.DetectAsync(exchange.Epoch.Inspector, text.AsMemory(0, end), side, found, cancellationToken);
                    if (found.Count == 0) continue;

                    // Sessions look like keys, and are the client's to keep.
                    var counted = IdentifierText.Counted(text.AsSpan(0, end), found, withPatterns: side == TextSide.Response && !name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase));
                    var verdict = exchange.Policy.Decide(counted, DecisionPoint.Whole, side);
                    if (verdict.Action != GuardAction.Block && verdict.Masks.Count == 0) continue;
                    judgement.AddWatched(verdict, "header");
                    (names ??= []).Add(name);
                }
            }

            return exchange.Policy.Mode == EnforcementMode.Enforce ? names : null;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(text);
        }
    }

    private static bool IsCredential(string name) => Array.Exists(Credentials, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static int Length(string name, string? value) => name.Length + (value?.Length ?? 0) + 3;

    private static int Write(string name, string? value, Span<char> to)
    {
        name.CopyTo(to);
        ": ".CopyTo(to[name.Length..]);
        value.AsSpan().CopyTo(to[(name.Length + 2)..]);
        var length = Length(name, value);
        to[length - 1] = '\n';
        return length;
    }
}
