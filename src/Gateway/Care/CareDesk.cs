using Gateway.Configuration;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Gateway.Proxy;

namespace Gateway.Care;

/// <summary>
/// Care for people, where a policy asks for it: a person in distress is answered with help and somebody is told, whoever wants to leave a
/// companion service may at once, and who stays long is reminded of it. Looks at the newest turn alone: what was said before was dealt with then.
/// </summary>
internal sealed class CareDesk(SessionBook sessions, CrisisWebhook webhook)
{
    private const string DependenceRisk = "x-dependence-manipulation";
    private const string Crisis = "crisis";
    private const string Exit = "exit";
    private const string Help = "help";
    private const int LeastAround = 4; // characters outside the quotation that make it one

    private static readonly char[] Edges = [' ', '\t', '\r', '\n', '.', '!', '?', ',', ';', '~', '"', '\'', '。', '！', '？', '，', '；', '～', '…', '“', '”', '、'];

    /// <summary>Says what is missing for the policies in force.</summary>
    public static IEnumerable<string> Warnings(Epoch epoch, GatewayOptions options)
    {
        if (options.EndUser.MinorHeader is { } header && !epoch.Policies.ContainsKey(Exchange.MinorPolicy))
            yield return $"Gateway:EndUser:MinorHeader names {header}, but there is no policy {Exchange.MinorPolicy}: minors are treated like anybody else. deploy/policies has one to begin with.";
        foreach (var policy in epoch.Policies.Values)
        {
            if (policy.Session is not null && options.EndUser.Header is null && options.EndUser.Body is null && !epoch.Tenants.IsConfigured)
                yield return $"Policy {policy.Name} is of a companion service, but no end user is known (Gateway:EndUser): its notices after continuous use cannot be given.";
            if (policy.Crisis is { Helplines: null })
                yield return $"Policy {policy.Name} answers people in distress, but names no help lines (Crisis:Helplines).";
        }
    }

    /// <summary>Looks at a prompt that was judged.</summary>
    /// <returns>What is answered in the model's place; <see langword="null"/> where the prompt goes its way.</returns>
    public async ValueTask<string?> LookAsync(Exchange exchange, ScannedJson scanned, ReadOnlyMemory<byte> body)
    {
        var policy = exchange.Policy;
        if (policy.Mode == EnforcementMode.Monitor || !exchange.Operation.IsGenerated) return null;
        var newest = scanned.Fields.Count == 0 ? -1 : scanned.Fields.Max(field => field.Group);
        if (policy.Crisis is { } crisis)
        {
            var sign = SignOf(exchange.Request, CrisisRules.Risks, scanned, body.Span, newest);
            if (sign == Sign.Plain)
            {
                exchange.Care = [Crisis];
                if (crisis.Webhook is { } address) webhook.Tell(address, exchange);
                return crisis.Text;
            }

            // Despair that may mean less: the model answers, and help stands beside it.
            if (sign == Sign.Faint) Give(exchange, [new CareNotice(Help, crisis.Text)]);
        }

        if (policy.Session is not { } session) return null;
        if (IsExit(session, scanned, newest))
        {
            if (exchange.EndUser is { } leaving) await sessions.EndAsync(exchange.Tenant, leaving);
            exchange.Care = [Exit];
            return session.Farewell;
        }

        if (exchange.EndUser is not { } user) return null;
        var due = await sessions.VisitAsync(exchange.Tenant, user, session, SignOf(exchange.Request, [DependenceRisk], scanned, body.Span, newest) != Sign.None);
        Give(exchange, due.Select(kind => new CareNotice(kind, kind switch
        {
            SessionBook.First => session.Notice,
            SessionBook.Duration => session.Reminding,
            _ => session.Dependence,
        })));
        return null;
    }

    private static void Give(Exchange exchange, IEnumerable<CareNotice> notices)
    {
        exchange.Notices = [.. exchange.Notices, .. notices];
        if (exchange.Notices.Count > 0) exchange.Care = [.. exchange.Notices.Select(notice => notice.Kind)];
    }

    /// <summary>How plainly the newest turn shows some risks. Watch terms show a crisis or dependence faintly, and questions how to harm oneself not at all.</summary>
    private static Sign SignOf(Judgement judgement, string[] risks, ScannedJson scanned, ReadOnlySpan<byte> json, int newest)
    {
        var sign = Sign.None;
        foreach (var ordinal in judgement.FlaggedFields)
        {
            var field = scanned.Fields[ordinal];
            if (field.Group != newest || field.IsName || field.Rule == FieldRule.Watch) continue;
            var path = JsonPath.Of(json, field.TokenStart);
            var text = scanned.TextOf(field).Span;
            foreach (var finding in judgement.Findings)
            {
                if (finding.Field != path || Array.IndexOf(risks, finding.Detection.Risk) < 0) continue;
                if (finding.Detection.Tier is not null && IsQuoted(text, finding.Detection.Start, finding.Detection.End)) continue;
                if (finding.Detection.Tier != Tier.Watch) return Sign.Plain;
                if (finding.Detection.Risk[0] == 'x') sign = Sign.Faint;
            }
        }

        return sign;
    }

    /// <summary>Words of somebody else: between quotation marks, with something said around them. A turn that is a quotation as a whole is not one.</summary>
    private static bool IsQuoted(ReadOnlySpan<char> text, int start, int end)
    {
        if (start < 0 || end > text.Length || start > end) return false;
        foreach (var (opening, closing) in (ReadOnlySpan<(char, char)>)[('“', '”'), ('「', '」'), ('『', '』'), ('«', '»'), ('"', '"')])
        {
            var (from, to) = (text[..start].LastIndexOf(opening), text[end..].IndexOf(closing));
            if (from < 0 || to < 0) continue;
            var isInside = opening == closing ? text[..start].Count(opening) % 2 == 1 : text[from..start].IndexOf(closing) < 0;
            if (isInside && text[..from].Trim().Length + text[(end + to + 1)..].Trim().Length >= LeastAround) return true;
        }

        return false;
    }

    private static bool IsExit(SessionRules session, ScannedJson scanned, int newest)
    {
        string? said = null;
        foreach (var field in scanned.Fields)
        {
            if (field.Group != newest || field.IsName || field.Rule == FieldRule.Watch) continue;
            if (said is not null || field.Length > 64) return false;
            said = scanned.TextOf(field).ToString().Trim(Edges);
        }

        return said is not null && session.Exit.Contains(said, StringComparer.OrdinalIgnoreCase);
    }

    private enum Sign
    {
        None,
        Faint,
        Plain,
    }
}
