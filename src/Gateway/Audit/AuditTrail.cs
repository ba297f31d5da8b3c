using System.Text;
using System.Security.Cryptography;
using System.Globalization;
using Gateway.Audit.Archive;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Gateway.Proxy;
using Gateway.Telemetry;

namespace Gateway.Audit;

/// <summary>
/// Turns exchanges into journal entries: one <c>open</c>, one <c>close</c>, and a <c>delivery</c> only where less reached
/// the client than <c>close</c> says.
/// </summary>
internal sealed class AuditTrail(
    JournalHost host, GatewayOptions options, GatewayMetrics metrics, TimeProvider clock, ILogger<AuditTrail> logger)
{
    private readonly int?[] _months = [.. Enum.GetValues<RetentionClass>().Select(retention => options.Audit.MonthsOf(retention) is > ArchiveRetention.LeastMonths and var months ? months : (int?)null)];

    /// <summary>Takes what the record keeps of a body's text while the text is at hand.</summary>
    public void Keep(Exchange exchange, TextSide side, ScannedJson scanned, ReadOnlyMemory<byte> json)
    {
        var isPrompt = side == TextSide.Prompt;
        if (!isPrompt) exchange.Usage = UsageReader.Read(json.Span);
        var judgement = isPrompt ? exchange.Request : exchange.Response;
        var text = isPrompt ? exchange.RequestText : exchange.ResponseText;
        var form = Form(exchange, judgement);
        if (form != TextForms.Digest) TextKeeping.Take(scanned, json, judgement, text);
        else if (TryKey(exchange, out var key)) text.Digest = TextKeeping.DigestOf(scanned, key!);
    }

    /// <summary>
    /// Hands the open entry to the journal without waiting: order is kept, so whatever becomes durable later covers it.
    /// </summary>
    /// <returns>False when the journal refused it.</returns>
    public bool Open(Exchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.IsOpened) return true;
        exchange.IsOpened = true;
        if (!TryKey(exchange, out var key) && exchange.Policy.OnAuditFault == FaultAction.Block) return false;
        var entry = new OpenEntry
        {
            Id = exchange.Id,
            Protocol = exchange.Protocol.Name,
            Operation = exchange.Operation.Name,
            Method = exchange.Method,
            Path = Discretion.Clean(exchange.Path)!,
            Model = Discretion.Clean(exchange.Model),
            Tenant = exchange.Tenant,
            User = exchange.EndUser is null ? null : key?.Pseudonym,
            TrainingUse = options.Audit.TrainingUse,
            RetentionMonths = _months[(int)exchange.Policy.Retention],
            Stream = exchange.IsStream,
            Policy = exchange.Policy.Name,
            Mode = exchange.Policy.Mode == EnforcementMode.Monitor ? "monitor" : "enforce",
            PolicyEpoch = exchange.Epoch.Id,
            LexiconVersion = exchange.Epoch.LexiconVersion,
            ModelVersion = exchange.Epoch.ModelVersion,
            FolderVersion = exchange.Epoch.FolderVersion,
            Request = Direction(exchange.Id, "request", exchange.Request, exchange.RequestText, key, Form(exchange, exchange.Request)),
        };
        Count("request", exchange.Request);
        try
        {
            // A whole answer waits for its close entry, which comes after this one; only what starts before needs to
            // wait for this one itself.
            if (exchange.IsStream || exchange.Operation.ExemptReason is not null)
            {
                exchange.Opening = host.Journal.AppendAsync(entry, cancellationToken).AsTask();
            }
            else
            {
                exchange.Opening = host.Journal.EnqueueAsync(entry, cancellationToken).AsTask();
                exchange.IsOpeningCovered = true;
            }

            metrics.AuditEntry(entry.Kind);
            return !exchange.Opening.IsFaulted;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            return Failed(exchange, fault);
        }
    }

    /// <summary>Waits until the open entry is durable: nothing may reach the client before.</summary>
    /// <returns>False when the journal failed.</returns>
    public async ValueTask<bool> OpenedAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var opening = exchange.Opening ?? throw new InvalidOperationException("The exchange was never opened.");
        if (!exchange.IsOpeningCovered && opening.IsCompletedSuccessfully) return true;
        try
        {
            await opening.WaitAsync(cancellationToken);
            if (exchange.IsOpeningCovered) await host.Journal.FlushAsync(cancellationToken);
            return true;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            return Failed(exchange, fault);
        }
    }

    /// <summary>Writes the close entry and waits until it is durable. The second and later calls do nothing.</summary>
    /// <returns>False when the journal failed; the exchange may then not be completed unless policy says otherwise.</returns>
    public async ValueTask<bool> CloseAsync(Exchange exchange)
    {
        if (exchange.IsClosed) return true;
        // A record is written to its end whether or not the client is still there: no cancellation from here on.
        Open(exchange, CancellationToken.None);
        exchange.IsClosed = true;
        exchange.ClosedCharacters = exchange.DeliveredCharacters;
        if (!TryKey(exchange, out var key) && exchange.Policy.OnAuditFault == FaultAction.Block) return false;
        var form = Form(exchange, exchange.Response);
        var shadow = await ShadowRecords.ReadAsync(exchange, TimeSpan.FromMilliseconds(options.Classifier.ShadowWaitMilliseconds), metrics, clock);
        var response = exchange.IsGuarded
            ? Direction(exchange.Id, "response", exchange.Response, exchange.ResponseText, key, form) with { ProducedChars = exchange.ProducedCharacters, DeliveredChars = exchange.DeliveredCharacters }
            : null;
        var entry = new CloseEntry
        {
            Id = exchange.Id,
            Outcome = exchange.Outcome ?? AuditOutcomes.Failed,
            Status = exchange.Status == 0 ? null : exchange.Status,
            Response = response,
            Prompt = Prompt(exchange, key, form),
            Usage = exchange.Usage,
            Candidate = exchange.Epoch.Candidate is null ? null : CandidateRecords.Compare(exchange, metrics),
            Shadow = shadow,
            Label = exchange.LabelRecord,
            Care = exchange.Care,
            Upstream = exchange.Destination,
            Fault = exchange.Fault ?? exchange.Request.Fault ?? exchange.Response.Fault,
            Timings = exchange.Timings(),
        };
        if (response is not null) Count("response", exchange.Response);
        if (exchange.TextLabel?.Agreement is { } agreement) await RecordUnlabelledAsync(exchange, agreement, key);
        var mark = clock.GetTimestamp();
        try
        {
            await host.Journal.AppendAsync(entry, CancellationToken.None);
            metrics.AuditCommit(clock.GetElapsedTime(mark));
            metrics.AuditEntry(entry.Kind);
            return true;
        }
        catch (Exception fault)
        {
            return Failed(exchange, fault);
        }
    }

    /// <summary>Who got an answer without the notice, and by which agreement; becomes durable with the close entry that follows.</summary>
    private async ValueTask RecordUnlabelledAsync(Exchange exchange, string agreement, SubjectKey? key)
    {
        var facts = new Dictionary<string, string> { ["agreement"] = agreement };
        if (exchange.Tenant is { } tenant) facts["tenant"] = tenant;
        await host.Journal.EnqueueAsync(
            RecordPlaces.Event(AuditEvents.UnlabelledDelivery, "gateway", "the agreement names who labels the content", key?.Pseudonym, exchange.Id, facts), CancellationToken.None);
        metrics.AuditEntry(AuditKinds.Event);
    }

    /// <summary>Notes that less was delivered than the close entry says.</summary>
    public async ValueTask DeliveredLessAsync(Exchange exchange, long delivered, string reason)
    {
        try
        {
            await host.Journal.AppendAsync(new DeliveryEntry { Id = exchange.Id, DeliveredChars = delivered, Reason = reason }, CancellationToken.None);
            metrics.AuditEntry(AuditKinds.Delivery);
        }
        catch (Exception fault)
        {
            Failed(exchange, fault);
        }
    }

    private bool Failed(Exchange exchange, Exception fault)
    {
        metrics.AuditFault();
        logger.LogError("The record of exchange {ExchangeId} could not be written: {Fault}", exchange.Id, fault.Message);
        return false;
    }

    private void Count(string direction, Judgement judgement)
    {
        var action = Exchange.NameOf(judgement.Action);
        metrics.Verdict(direction, action);
        foreach (var finding in judgement.Findings) metrics.Detection(direction, finding.Detection.Risk, action);
        foreach (var part in judgement.Unjudged) metrics.Unjudged(direction, part.Reason);
    }

    private static DirectionRecord Direction(string id, string direction, Judgement judgement, KeptText text, SubjectKey? key, string form) => new()
    {
        Action = Exchange.NameOf(judgement.Action),
        Detections = judgement.Findings.Count == 0 ? [] : [.. judgement.Findings.Select(finding => Record(finding.Detection, finding.Field))],
        DetectionCount = judgement.FindingCount,
        Judged = judgement.JudgedCharacters,
        JudgedFields = judgement.JudgedFields,
        Unjudged = judgement.Unjudged.Count == 0 ? [] : [.. judgement.Unjudged.Select(part => new UnjudgedSpan
        {
            Reason = part.Reason,
            Path = part.Field is null ? null : Discretion.CleanPath(part.Field),
            Kind = part.Kind,
            Bytes = part.Bytes == 0 ? null : part.Bytes,
        })],
        ToolCalls = judgement.ToolCalls.Count == 0 ? null : [.. judgement.ToolCalls.Select(call => new ToolCallRecord
        {
            Name = call.Name,
            Arguments = key?.Digest(call.Arguments) ?? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(call.Arguments))),
            Chars = call.Arguments.Length,
        })],
        Digest = key is null ? null : text.DigestOf(key),
        Text = key is null ? null : Sealed(id, direction, judgement, text, key, form),
    };

    private static SealedText? Sealed(string id, string direction, Judgement judgement, KeptText text, SubjectKey key, string form)
    {
        if (form == TextForms.Digest) return null;
        // A sampled exchange has no findings to keep: it keeps all it has.
        var fields = text.Fields(flaggedOnly: form == TextForms.Evidence && judgement.Findings.Count > 0);
        return fields.Count == 0 ? null : EvidenceText.Seal(key, id, direction, form, fields);
    }

    /// <summary>The prompt of a flagged answer, where the open entry kept only its digest: its last message.</summary>
    private SealedText? Prompt(Exchange exchange, SubjectKey? key, string form)
    {
        if (key is null || form == TextForms.Digest || exchange.Body.IsEmpty || Form(exchange, exchange.Request) != TextForms.Digest) return null;
        var kept = TextKeeping.LastMessage(exchange.Operation, exchange.Body, options.Limits);
        return kept.Count == 0 ? null : EvidenceText.Seal(key, exchange.Id, "request", TextForms.Evidence, kept);
    }

    private string Form(Exchange exchange, Judgement judgement)
    {
        switch (exchange.Policy.Retention)
        {
            case RetentionClass.Digest: return TextForms.Digest;
            case RetentionClass.Full: return TextForms.Full;
            case RetentionClass.Evidence: return judgement.Action != GuardAction.Allow ? TextForms.Evidence : TextForms.Digest;
        }

        var text = options.Audit.Text;
        return judgement.Action != GuardAction.Allow || IsSampled(exchange.Id, text.SampleShare) ? text.Flagged : text.Clean;
    }

    /// <summary>The end of an id is random: it decides, so that both directions of an exchange agree.</summary>
    private static bool IsSampled(string id, double share) =>
        share > 0 && uint.Parse(id.AsSpan(id.Length - 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture) < share * uint.MaxValue;

    private bool TryKey(Exchange exchange, out SubjectKey? key)
    {
        key = exchange.SubjectKey;
        if (key is not null) return true;
        try
        {
            key = exchange.SubjectKey = exchange.EndUser is { } user
                ? host.Keys.GetOrMint(exchange.Tenant ?? "", user)
                : host.Keys.GetOrMintUnknown(exchange.Tenant ?? "", exchange.StartedAt);
            return true;
        }
        catch (Exception fault) when (fault is KeyStoreException or IOException or UnauthorizedAccessException)
        {
            return Failed(exchange, fault);
        }
    }

    private static AuditDetection Record(in Detection detection, string field) => new()
    {
        Risk = detection.Risk,
        Start = detection.Start,
        Length = detection.Length,
        Score = detection.Score,
        Detector = detection.Detector,
        Rule = detection.Rule,
        Tier = detection.Tier?.ToString().ToLowerInvariant(),
        Foldings = detection.Foldings == Inspection.Text.Foldings.None ? null : detection.Foldings.ToString().Split(", "),
        Field = Discretion.CleanPath(field),
    };
}
