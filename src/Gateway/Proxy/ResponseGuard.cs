using System.Buffers;
using System.Text.Unicode;
using Gateway.Audit.Records;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Proxy;

/// <summary>
/// Room 10: looks at what the model server sends, by content and not by promise. JSON and plain text are judged whole,
/// event streams by a <see cref="StreamGuard"/>, and what nobody can read is policy's to decide (<c>OnUninspectable</c>).
/// </summary>
internal sealed class ResponseGuard(GuardServices services, AnswerDelivery delivery)
{
    private const int PeekBytes = 4096;
    private const string UnreadCharset = "charset";

    /// <summary>Response transform: takes over the content of the answer.</summary>
    public ValueTask GuardAsync(ResponseTransformContext context)
    {
        return context.ProxyResponse is { } response && context.HttpContext.Features.Get<Exchange>() is { } exchange
            ? GuardAsync(context, exchange, response, context.HttpContext.RequestAborted)
            : default;
    }

    private async ValueTask GuardAsync(ResponseTransformContext context, Exchange exchange, HttpResponseMessage response, CancellationToken cancellation)
    {
        var mark = exchange.Mark();
        exchange.IsGuarded = true;
        exchange.AnsweredAt = mark;
        exchange.IsAnswering = true;
        exchange.RequestLatency = exchange.AddedLatency;
        exchange.Status = (int)response.StatusCode;
        AnswerDelivery.RemoveGatewayHeaders(context.HttpContext.Response.Headers);
        context.HttpContext.Response.Headers["Gateway-Request-Id"] = exchange.Id;
        try
        {
            if (!exchange.ForwardsUnread)
            {
                // 0. The envelope: the status keeps its number and loses its words, and nobody is led past the gateway.
                context.HttpContext.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = null;
                foreach (var name in await HeaderText.FindAsync(context.HttpContext.Response.Headers, TextSide.Response, exchange, exchange.Response, cancellation) ?? [])
                {
                    context.HttpContext.Response.Headers.Remove(name);
                }

                if (exchange.Status is >= 300 and < 400 and not StatusCodes.Status304NotModified)
                {
                    context.HttpContext.Response.Headers.Remove("Location");
                    await delivery.ReplaceAsync(context, exchange, GatewayError.UpstreamRedirect, AuditOutcomes.UpstreamError);
                    return;
                }
            }

            // The open entry is durable before the first byte leaves; for whole answers the close entry covers it.
            if (exchange.Operation.ExemptReason is { } reason)
            {
                await delivery.OpenedAsync(exchange, cancellation);
                exchange.Response.AddUnjudged(new UnjudgedPart("exempt", null, reason, response.Content.Headers.ContentLength ?? 0));
                AnswerDelivery.Announce(context, exchange);
                delivery.PassThrough(context, exchange, response);
                return;
            }

            await GuardContentAsync(context, exchange, response, cancellation);
        }
        finally
        {
            exchange.IsAnswering = false;
            exchange.Spent(mark);
        }
    }

    private async ValueTask GuardContentAsync(
        ResponseTransformContext context, Exchange exchange, HttpResponseMessage response, CancellationToken cancellation)
    {
        var headers = response.Content.Headers;
        if (!BodyReader.TryCodings(headers.NonValidated.Contains("Content-Encoding") ? string.Join(',', headers.ContentEncoding) : null, out var codings))
        {
            await delivery.UninspectableAsync(context, exchange, "unknown content coding", null);
            return;
        }

        // 1. What it is, by its first bytes. Waiting for the model is not the gateway's time.
        var waiting = exchange.Mark();
        var stream = await response.Content.ReadAsStreamAsync(cancellation);
        if (codings.Length > 0)
        {
            stream = BodyReader.Decoding(stream, codings);
            headers.ContentEncoding.Clear();
            context.HttpContext.Response.Headers.Remove("Content-Encoding");
        }

        var peek = ArrayPool<byte>.Shared.Rent(PeekBytes);
        var peeked = 0;
        try
        {
            while (!AnswerKind.IsDecided(peek.AsSpan(0, peeked), PeekBytes, exchange.Operation.AnswerMedia is not null))
            {
                var read = await stream.ReadAsync(peek.AsMemory(peeked, PeekBytes - peeked), cancellation);
                if (read == 0) break;
                peeked += read;
            }
        }
        catch (Exception fault) when (codings.Length > 0 && fault is InvalidDataException or InvalidOperationException)
        {
            await delivery.UninspectableAsync(context, exchange, AnswerDelivery.BrokenCoding, null);
            return;
        }

        exchange.Waited(waiting);
        exchange.ContentLabel = ContentLabel.For(exchange, services.Labels);
        exchange.TextLabel = TextLabel.For(exchange, context.HttpContext.Request.Headers);
        var head = peek.AsMemory(0, peeked);
        var mediaType = AnswerKind.MediaTypeOf(headers);
        if (headers.NonValidated.TryGetValues("Content-Type", out var types) && types.Count > 1)
        {
            await delivery.UninspectableAsync(context, exchange, "several content types", null, Whole());
            return;
        }

        // 2. Streams and sound have their own ways; everything else is read to its end.
        if (AnswerKind.FramingOf(head.Span, mediaType, exchange) is { } framing) await GuardStreamAsync(context, exchange, response, Whole(), framing, cancellation);
        else if (AnswerKind.IsMedia(head.Span, mediaType, exchange)) await PassMediaAsync(context, exchange, response, Whole());
        else if (codings.Length == 0 && headers.ContentLength == peeked && peeked <= services.Limits.ResponseBytes) await GuardWholeAsync(context, exchange, response, head.ToArray(), cancellation);
        else await GuardWholeAsync(context, exchange, response, Whole(), cancellation);

        // Not after a fault: a read that was broken off may still write there.
        ArrayPool<byte>.Shared.Return(peek);

        PrefixedStream Whole() => new(head.ToArray(), stream);
    }

    private async ValueTask GuardStreamAsync(
        ResponseTransformContext context, Exchange exchange, HttpResponseMessage response, Stream stream, StreamFraming framing, CancellationToken cancellation)
    {
        var contentType = AnswerKind.ContentTypeOf(response.Content.Headers);
        if (!DeclaredCharset.IsUtf8(contentType))
        {
            if (!DeclaredCharset.MayBeEvents(contentType))
            {
                await delivery.UninspectableAsync(context, exchange, UnreadCharset, null, stream);
                return;
            }

            // Each event has to be UTF-8 to be read; then nobody may be told otherwise.
            context.HttpContext.Response.ContentType = DeclaredCharset.InUtf8(contentType!);
        }

        await delivery.OpenedAsync(exchange, cancellation);
        var guard = new StreamGuard(exchange, stream, framing, services);
        exchange.Stream = guard;
        var content = new GuardedContent(response.Content, guard);
        var waiting = exchange.Mark(); // the guard counts its own time
        await content.PrimeAsync(cancellation);
        exchange.Waited(waiting);
        response.Content = content;
        context.HttpContext.Response.ContentLength = null;
        AnswerDelivery.Announce(context, exchange);
        if (exchange.Outcome is null or AuditOutcomes.Completed or AuditOutcomes.Blocked) AnswerDelivery.Tell(context, exchange, isStream: true);
    }

    /// <summary>Sound or a picture: nobody can judge it, so it passes by name, or not at all.</summary>
    private async ValueTask PassMediaAsync(ResponseTransformContext context, Exchange exchange, HttpResponseMessage response, Stream stream)
    {
        exchange.Response.AddUnjudged(new UnjudgedPart("media", null, exchange.Operation.AnswerMedia, response.Content.Headers.ContentLength ?? 0));
        if (exchange.Policy is { OnMedia: FaultAction.Block, Mode: EnforcementMode.Enforce })
        {
            await delivery.ReplaceAsync(context, exchange, GatewayError.AnswerUnjudgeable, AuditOutcomes.Failed);
            return;
        }

        await delivery.OpenedAsync(exchange, context.HttpContext.RequestAborted);
        AnswerDelivery.Announce(context, exchange);
        delivery.PassThrough(context, exchange, response, stream);
    }

    private async ValueTask GuardWholeAsync(
        ResponseTransformContext context, Exchange exchange, HttpResponseMessage response, Stream stream, CancellationToken cancellation)
    {
        // 1. Read all of it, decoded.
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellation, services.Cut);
        var waiting = exchange.Mark();
        byte[]? body;
        try
        {
            body = await BodyReader.ReadAsync(stream, services.Limits.ResponseBytes, null, reading.Token);
        }
        catch (Exception fault) when (fault is InvalidDataException or InvalidOperationException)
        {
            await delivery.UninspectableAsync(context, exchange, AnswerDelivery.BrokenCoding, null);
            return;
        }

        exchange.Waited(waiting);
        if (body is null) await delivery.UninspectableAsync(context, exchange, AnswerDelivery.TooLarge, null);
        else await GuardWholeAsync(context, exchange, response, body, cancellation);
    }

    private async ValueTask GuardWholeAsync(
        ResponseTransformContext context, Exchange exchange, HttpResponseMessage response, byte[] body, CancellationToken cancellation)
    {
        var json = body.AsMemory();
        if (json.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            await delivery.SendAsync(context, exchange, body);
            return;
        }

        var contentType = AnswerKind.ContentTypeOf(response.Content.Headers);
        if (!DeclaredCharset.IsUtf8(contentType))
        {
            if (DeclaredCharset.AnswerToUtf8(contentType, body) is not { } utf8)
            {
                await delivery.UninspectableAsync(context, exchange, UnreadCharset, body);
                return;
            }

            // What is judged is what is sent.
            json = body = utf8;
            context.HttpContext.Response.ContentType = DeclaredCharset.InUtf8(contentType!);
        }

        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        if (!Utf8.IsValid(json.Span))
        {
            await delivery.UninspectableAsync(context, exchange, "not UTF-8", body);
            return;
        }

        // 2. Extract, inspect, decide.
        await SocketThreads.LongWorkAsync(body.Length);
        ReadOnlyMemory<byte> answer;
        var scanned = services.RentScan();
        try
        {
            if (json.Span.TrimStart(" \t\r\n"u8)[0] is (byte)'{' or (byte)'[' or (byte)'"')
            {
                var limits = services.Limits;
                JsonTextScanner.Scan(json.Span, exchange.Operation.Answer ?? JsonShape.Unknown, limits.JsonDepth, limits.TextFields, scanned);
                if (scanned.Fault != ScanFault.None)
                {
                    await delivery.UninspectableAsync(context, exchange, "not readable as JSON", body);
                    return;
                }
            }
            else if (AnswerKind.HoldsEvents(json.Span))
            {
                await delivery.UninspectableAsync(context, exchange, "events in something else", body);
                return;
            }
            else
            {
                JsonTextScanner.TakePlainText(json.Span, scanned);
            }

            await services.JudgeAsync(scanned, json, TextSide.Response, exchange, exchange.Response, cancellation);
            ToolCallReader.Read(scanned, json.Span, exchange.Response.FlaggedFields.Contains, exchange.Response);
            foreach (var field in scanned.Fields)
            {
                if (!field.IsName && field.Rule == FieldRule.Text) exchange.ProducedCharacters += field.Length;
            }

            // 3. Enforce.
            answer = Enforce(context, exchange, body, json, scanned);
        }
        finally
        {
            services.ReturnScan(scanned);
        }

        await delivery.SendAsync(context, exchange, answer);
    }

    /// <returns>What is sent.</returns>
    private ReadOnlyMemory<byte> Enforce(
        ResponseTransformContext context, Exchange exchange, byte[] body, ReadOnlyMemory<byte> json, ScannedJson scanned)
    {
        var judgement = exchange.Response;
        var isAnswer = exchange.Status is >= 200 and < 300;
        exchange.DeliveredCharacters = exchange.ProducedCharacters;
        if (judgement.Action == GuardAction.Block && exchange.Policy.Mode == EnforcementMode.Enforce)
        {
            if (judgement.IsUnjudgeable)
            {
                return AnswerDelivery.Replace(context, exchange, GatewayError.AnswerUnjudgeable, AuditOutcomes.Failed);
            }

            if (!isAnswer)
            {
                return AnswerDelivery.Replace(context, exchange, GatewayError.ContentFilter with { Status = exchange.Status }, AuditOutcomes.Blocked);
            }

            var whole = judgement.IsWholeBlocked || scanned.Groups.Count == 0;
            exchange.DeliveredCharacters = whole ? 0 : exchange.ProducedCharacters - Removed(scanned, judgement.BlockedGroups);
            exchange.Outcome = AuditOutcomes.Blocked;
            var emptied = new ArrayBufferWriter<byte>();
            var instead = exchange.Policy.OnBlock == BlockAnswer.Answer ? exchange.Policy.Answer : null;
            if (instead is not null) exchange.TextLabel = null; // the gateway's own words are not a model's
            var groups = whole ? new HashSet<int>() : judgement.BlockedGroups;
            var facts = judgement.HidesNames ? exchange.FactsOf(null, null, null, StreamFormats.None) : AnswerKind.FactsOf(exchange, scanned, json.Span);
            var status = exchange.Protocol.WriteBlocked(emptied, json.Span, scanned, groups, instead, facts);
            if (status != exchange.Status) AnswerDelivery.Restate(context, exchange, status);
            return Labelled(exchange, emptied.WrittenMemory);
        }

        if (judgement.Masks.Count > 0 && exchange.Policy.Mode == EnforcementMode.Enforce)
        {
            body = MaskedText.Apply(json, scanned, judgement.Masks);
        }

        if (!isAnswer) exchange.Outcome = AuditOutcomes.UpstreamError;
        return isAnswer && exchange.Operation.IsGenerated ? Labelled(exchange, body) : body;
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
    private ReadOnlyMemory<byte> Labelled(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        if (exchange.TextLabel is { IsOff: false } notice)
        {
            var scanned = services.RentScan();
            body = notice.Apply(exchange, body, services.Limits, scanned);
            services.ReturnScan(scanned);
        }

        if (exchange.ContentLabel is { } content) body = content.Settle(body);
        var members = AnswerLabels.Members(exchange, exchange.Response);
        var brace = members.IsEmpty ? -1 : AnswerLabels.ClosingBrace(body.Span);
        if (brace < 0) return body;

        members = AnswerLabels.Fit(members, body.Span[..brace]);
        var labelled = new byte[body.Length + members.Length];
        body.Span[..brace].CopyTo(labelled);
        members.Span.CopyTo(labelled.AsSpan(brace));
        body.Span[brace..].CopyTo(labelled.AsSpan(brace + members.Length));
        return labelled;
    }

}
