using System.Buffers;
using System.Text.Unicode;
using Gateway.Audit.Records;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Proxy;

/// <summary>
/// Room 10: looks at what the model server sends, by content and not by promise. JSON and plain text are judged whole,
/// event streams by a <see cref="StreamGuard"/>, and what nobody can read is policy's to decide (<c>OnUninspectable</c>).
/// </summary>
internal sealed class ResponseGuard(GuardServices services)
{
    private const int PeekBytes = 4096;
    private const string TooLarge = "larger than the limit";

    /// <summary>Response transform: takes over the content of the answer.</summary>
    public async ValueTask GuardAsync(ResponseTransformContext context)
    {
        var response = context.ProxyResponse;
        var exchange = context.HttpContext.Features.Get<Exchange>();
        if (response is null || exchange is null) return;

        var mark = exchange.Mark();
        var cancellation = context.HttpContext.RequestAborted;
        exchange.IsGuarded = true;
        exchange.Status = (int)response.StatusCode;
        RemoveGatewayHeaders(context.HttpContext.Response.Headers);
        context.HttpContext.Response.Headers["Gateway-Request-Id"] = exchange.Id;
        try
        {
            // The open entry is durable before the first byte leaves; for whole answers the close entry covers it.
            if (exchange.Operation.ExemptReason is { } reason)
            {
                await OpenedAsync(exchange, cancellation);
                exchange.Response.AddUnjudged(new UnjudgedPart("exempt", null, reason, response.Content.Headers.ContentLength ?? 0));
                Announce(context, exchange);
                PassThrough(context, exchange, response);
                return;
            }

            await GuardContentAsync(context, exchange, response, cancellation);
        }
        finally
        {
            exchange.Spent(mark);
        }
    }

    private async ValueTask GuardContentAsync(
        ResponseTransformContext context, Exchange exchange, HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!BodyReader.TryCodings(string.Join(',', response.Content.Headers.ContentEncoding), out var codings))
        {
            await UninspectableAsync(context, exchange, "unknown content coding", null);
            return;
        }

        // Waiting for the model is not the gateway's time.
        var waiting = exchange.Mark();
        var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var peek = new byte[PeekBytes];
        var peeked = 0;
        while (codings.Length == 0 && !IsDecided(peek.AsSpan(0, peeked)))
        {
            var read = await stream.ReadAsync(peek.AsMemory(peeked), cancellation);
            if (read == 0) break;
            peeked += read;
        }

        exchange.Waited(waiting);
        var head = peek.AsMemory(0, peeked);
        if (codings.Length == 0 && LooksLikeEvents(head.Span, response.Content.Headers.ContentType?.MediaType))
        {
            await OpenedAsync(exchange, cancellation);
            var guard = new StreamGuard(exchange, new PrefixedStream(head, stream), services);
            exchange.Stream = guard;
            var content = new GuardedContent(response.Content, guard);
            waiting = exchange.Mark(); // the guard counts its own time
            await content.PrimeAsync(cancellation);
            exchange.Waited(waiting);
            response.Content = content;
            context.HttpContext.Response.ContentLength = null;
            Announce(context, exchange);
            return;
        }

        await GuardWholeAsync(context, exchange, response, new PrefixedStream(head, stream), codings, cancellation);
    }

    private async ValueTask GuardWholeAsync(
        ResponseTransformContext context,
        Exchange exchange,
        HttpResponseMessage response,
        Stream stream,
        string[] codings,
        CancellationToken cancellation)
    {
        // 1. Read all of it, decoded.
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellation, services.Cut);
        var waiting = exchange.Mark();
        var raw = await BodyReader.ReadAsync(stream, services.Limits.ResponseBytes, null, reading.Token);
        exchange.Waited(waiting);
        var body = raw;
        if (raw is not null && codings.Length > 0)
        {
            try
            {
                body = await BodyReader.DecodeAsync(raw, codings, services.Limits.ResponseBytes, cancellation);
            }
            catch (InvalidDataException)
            {
                await UninspectableAsync(context, exchange, "content coding", raw);
                return;
            }
        }

        if (body is null)
        {
            await UninspectableAsync(context, exchange, TooLarge, null);
            return;
        }

        if (codings.Length > 0) context.HttpContext.Response.Headers.Remove("Content-Encoding");
        var json = body.AsMemory();
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        if (json.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            await SendAsync(context, exchange, body);
            return;
        }

        if (!Utf8.IsValid(json.Span) || !BodyReader.IsUtf8(response.Content.Headers.ContentType?.ToString()))
        {
            await UninspectableAsync(context, exchange, "not UTF-8", body);
            return;
        }

        // 2. Extract, inspect, decide.
        var scanned = services.RentScan();
        try
        {
            if (json.Span.TrimStart(" \t\r\n"u8)[0] is (byte)'{' or (byte)'[' or (byte)'"')
            {
                var limits = services.Limits;
                JsonTextScanner.Scan(json.Span, exchange.Protocol.Answer, limits.JsonDepth, limits.TextFields, scanned);
                if (scanned.Fault != ScanFault.None)
                {
                    await UninspectableAsync(context, exchange, "not readable as JSON", body);
                    return;
                }
            }
            else if (HoldsEvents(json.Span))
            {
                await UninspectableAsync(context, exchange, "events in something else", body);
                return;
            }
            else
            {
                JsonTextScanner.TakePlainText(json.Span, scanned);
            }

            await services.JudgeAsync(scanned, json, TextSide.Response, exchange, exchange.Response, cancellation);
            foreach (var field in scanned.Fields)
            {
                if (!field.IsName && field.Rule == FieldRule.Text) exchange.ProducedCharacters += field.Length;
            }

            // 3. Enforce.
            await EnforceAsync(context, exchange, body, json, scanned);
        }
        finally
        {
            services.ReturnScan(scanned);
        }
    }

    private async ValueTask EnforceAsync(
        ResponseTransformContext context, Exchange exchange, byte[] body, ReadOnlyMemory<byte> json, ScannedJson scanned)
    {
        var judgement = exchange.Response;
        var isAnswer = exchange.Status is >= 200 and < 300;
        exchange.DeliveredCharacters = exchange.ProducedCharacters;
        if (judgement.Action == GuardAction.Block && exchange.Policy.Mode == EnforcementMode.Enforce)
        {
            if (judgement.Fault is not null)
            {
                await ReplaceAsync(context, exchange, GatewayError.AnswerUnjudgeable, AuditOutcomes.Failed);
                return;
            }

            if (!isAnswer)
            {
                await ReplaceAsync(context, exchange, GatewayError.ContentFilter with { Status = exchange.Status }, AuditOutcomes.Blocked);
                return;
            }

            var whole = judgement.IsWholeBlocked || scanned.Groups.Count == 0;
            exchange.DeliveredCharacters = whole ? 0 : exchange.ProducedCharacters - Removed(scanned, judgement.BlockedGroups);
            exchange.Outcome = AuditOutcomes.Blocked;
            var emptied = new ArrayBufferWriter<byte>();
            var instead = exchange.Policy.OnBlock == BlockAnswer.Answer ? exchange.Policy.Answer : null;
            exchange.Protocol.WriteBlocked(emptied, json.Span, scanned, whole ? new HashSet<int>() : judgement.BlockedGroups, instead);
            await SendLabelledAsync(context, exchange, emptied.WrittenMemory);
            return;
        }

        if (!isAnswer) exchange.Outcome = AuditOutcomes.UpstreamError;
        if (isAnswer && scanned.Groups.Count > 0) await SendLabelledAsync(context, exchange, body);
        else await SendAsync(context, exchange, body);
    }

    private static long Removed(ScannedJson scanned, HashSet<int> blocked)
    {
        long removed = 0;
        foreach (var field in scanned.Fields)
        {
            if (!field.IsName && field.Rule == FieldRule.Text && blocked.Contains(field.Group)) removed += field.Length;
        }

        return removed;
    }

    /// <summary>Adds the labels before the closing brace; every other byte stays as it is.</summary>
    private async ValueTask SendLabelledAsync(ResponseTransformContext context, Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var members = AnswerLabels.Members(exchange, exchange.Response, services.Producer);
        var brace = members.IsEmpty ? -1 : AnswerLabels.ClosingBrace(body.Span);
        if (brace < 0)
        {
            await SendAsync(context, exchange, body);
            return;
        }

        var labelled = new byte[body.Length + members.Length];
        body.Span[..brace].CopyTo(labelled);
        members.Span.CopyTo(labelled.AsSpan(brace));
        body.Span[brace..].CopyTo(labelled.AsSpan(brace + members.Length));
        await SendAsync(context, exchange, labelled);
    }

    private async ValueTask UninspectableAsync(ResponseTransformContext context, Exchange exchange, string why, byte[]? body)
    {
        exchange.Response.AddUnjudged(new UnjudgedPart("uninspectable", null, why, body?.Length ?? 0));
        var refuses = exchange.Policy.OnUninspectable == FaultAction.Block && exchange.Policy.Mode == EnforcementMode.Enforce;

        // Too large to have been read to its end: there is nothing whole to pass on, whatever policy says.
        if (refuses || why == TooLarge)
        {
            exchange.Fault ??= "uninspectable";
            await ReplaceAsync(context, exchange, GatewayError.AnswerUnjudgeable, AuditOutcomes.Failed);
            return;
        }

        if (body is null)
        {
            await OpenedAsync(exchange, context.HttpContext.RequestAborted);
            Announce(context, exchange);
            PassThrough(context, exchange, context.ProxyResponse!);
            return;
        }

        await SendAsync(context, exchange, body);
    }

    private async ValueTask ReplaceAsync(ResponseTransformContext context, Exchange exchange, GatewayError error, string outcome)
    {
        exchange.Outcome = outcome;
        exchange.DeliveredCharacters = 0;
        if (exchange.Response.Action < GuardAction.Block && outcome == AuditOutcomes.Failed) exchange.Response.Fail(FaultAction.Block, error.Code);
        var refusal = exchange.Protocol.Refuse(error);
        exchange.Status = error.Status;
        context.HttpContext.Response.StatusCode = error.Status;
        context.HttpContext.Response.Headers.Remove("Content-Encoding");
        context.HttpContext.Response.ContentType = refusal.ContentType;
        await SendAsync(context, exchange, refusal.Body);
    }

    /// <summary>The one way out for whole bodies: the record first, then the bytes.</summary>
    private async ValueTask SendAsync(ResponseTransformContext context, Exchange exchange, ReadOnlyMemory<byte> body)
    {
        exchange.Outcome ??= AuditOutcomes.Completed;
        if (!await services.Audit.CloseAsync(exchange) && exchange.Policy.OnAuditFault == FaultAction.Block) throw new UnrecordedException();
        var original = context.ProxyResponse!.Content;
        context.ProxyResponse.Content = new ReadOnlyMemoryContent(body);
        original?.Dispose();
        var response = context.HttpContext.Response;
        if (response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified)) response.ContentLength = body.Length;
        Announce(context, exchange);
    }

    private void PassThrough(ResponseTransformContext context, Exchange exchange, HttpResponseMessage response)
    {
        response.Content = new RecordedContent(response.Content, () => services.Audit.CloseAsync(exchange), exchange);
        context.HttpContext.Response.ContentLength = null;
    }

    private async ValueTask OpenedAsync(Exchange exchange, CancellationToken cancellation)
    {
        if (!await services.Audit.OpenedAsync(exchange, cancellation) && exchange.Policy.OnAuditFault == FaultAction.Block)
        {
            throw new UnrecordedException();
        }
    }

    private static void Announce(ResponseTransformContext context, Exchange exchange) =>
        context.HttpContext.Response.Headers["Gateway-Action"] = Exchange.NameOf(exchange.EnforcedAction);

    private static void RemoveGatewayHeaders(IHeaderDictionary headers)
    {
        List<string>? forged = null;
        foreach (var header in headers)
        {
            if (header.Key.StartsWith("Gateway-", StringComparison.OrdinalIgnoreCase)) (forged ??= []).Add(header.Key);
        }

        if (forged is null) return;
        foreach (var name in forged) headers.Remove(name);
    }

    /// <summary>Enough has come to tell what it is: a value of JSON, a line, or more than any field name.</summary>
    private static bool IsDecided(ReadOnlySpan<byte> head)
    {
        if (head.Length == PeekBytes) return true;
        if (head.Length < 3 && "\uFEFF"u8.StartsWith(head)) return false;
        if (head.StartsWith("\uFEFF"u8)) head = head[3..];
        head = head.TrimStart(" \t\r\n"u8);
        return !head.IsEmpty && (head[0] is (byte)'{' or (byte)'[' or (byte)'"' or (byte)':' || head.Length >= 6 || head.IndexOfAny((byte)'\r', (byte)'\n') >= 0);
    }

    /// <summary>A line that a reader of events would take for data, in a text that did not begin like events.</summary>
    private static bool HoldsEvents(ReadOnlySpan<byte> text)
    {
        foreach (var line in text.SplitAny("\r\n"u8))
        {
            if (text[line].StartsWith("data"u8) && (text[line].Length == 4 || text[line][4] == ':')) return true;
        }

        return false;
    }

    private static bool LooksLikeEvents(ReadOnlySpan<byte> head, string? mediaType)
    {
        if (head.StartsWith("\uFEFF"u8)) head = head[3..];
        head = head.TrimStart(" \t\r\n"u8);
        if (head.IsEmpty) return mediaType == "text/event-stream";
        if (head[0] is (byte)'{' or (byte)'[') return false;
        return mediaType == "text/event-stream"
            || head.StartsWith("data:"u8) || head.StartsWith("data\r"u8) || head.StartsWith("data\n"u8) || head.StartsWith("event:"u8) || head.StartsWith("id:"u8) || head.StartsWith("retry:"u8) || head[0] == ':';
    }
}
