using System.Text.Json;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Inspection.Policies;
using Gateway.Sanctions;

namespace Gateway.Cases;

/// <summary>Complaints, reviews and incidents on the admin listener: reading, deciding.</summary>
internal sealed class CaseEndpoint(CaseStore store, CaseBook book, ComplaintDesk desk, ReviewQueue reviews, Reinstatement reinstatement, JournalHost host, TimeProvider clock)
{
    private const int MostItems = 1000;

    /// <summary>Answers a request of somebody who may make it.</summary>
    /// <param name="context">The request, under <c>/complaints</c>, <c>/reviews</c> or <c>/incidents</c>.</param>
    /// <param name="actor">Who asks.</param>
    public async Task AnswerAsync(HttpContext context, string actor)
    {
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var isPost = HttpMethods.IsPost(context.Request.Method);
        try
        {
            await store.RefreshAsync(context.RequestAborted);
            var answering = (isPost, parts) switch
            {
                (false, ["complaints"]) => ListComplaintsAsync(context),
                (false, ["complaints", var id]) => ShowComplaintAsync(context, id),
                (true, ["complaints", var id, var step]) => MoveAsync(context, id, step, actor),
                (false, ["reviews"]) => ListReviewsAsync(context),
                (false, ["reviews", var id]) => ShowReviewAsync(context, id, actor),
                (true, ["reviews", var id]) => DecideAsync(context, id, actor),
                (false, ["incidents"]) => ListIncidentsAsync(context),
                _ => CaseJson.FailAsync(context, 404, "unknown_path", "Known are GET /complaints, GET /complaints/ID, POST /complaints/ID/take|uphold|reject|withdraw, GET /reviews, GET and POST /reviews/REQUEST-ID, GET /incidents."),
            };
            await answering;
        }
        catch (Exception fault) when (fault is AuditJournalException or KeyStoreException)
        {
            await CaseJson.FailAsync(context, 503, "audit_unavailable", fault.Message);
        }
        catch (Exception fault) when (UserLedger.IsAbsence(fault) && !context.RequestAborted.IsCancellationRequested)
        {
            await CaseJson.FailAsync(context, 503, "ledger_unavailable", "Redis is away, and all nodes must know that the measure is lifted. Nothing was decided; please try again.");
        }
    }

    private Task ListComplaintsAsync(HttpContext context)
    {
        var now = clock.GetUtcNow();
        var state = context.Request.Query["state"].ToString();
        var late = context.Request.Query["overdue"] == "true";
        var found = book.Complaints.Where(complaint => (state.Length == 0 || complaint.State == state) && (!late || complaint.IsOverdue(now))).Take(MostItems);
        return ItemsAsync(context, found, (json, complaint) =>
        {
            json.Write(complaint, now);
            if (complaint.Handler is { } handler) json.WriteString("handler", handler);
        });
    }

    private Task ShowComplaintAsync(HttpContext context, string id)
    {
        if (book.Complaint(id) is not { } complaint) return UnknownAsync(context);
        var written = desk.Open(complaint);
        return CaseJson.AnswerAsync(context, 200, json =>
        {
            json.Write(complaint, clock.GetUtcNow());
            if (complaint.Handler is { } handler) json.WriteString("handler", handler);
            json.WriteString("text", written?.Text);
            json.WriteString("contact", written?.Contact);
        });
    }

    private async Task MoveAsync(HttpContext context, string id, string step, string actor)
    {
        if (book.Complaint(id) is not { } complaint)
        {
            await UnknownAsync(context);
            return;
        }

        var state = step switch
        {
            "take" => Complaint.TakenState,
            "uphold" => Complaint.UpheldState,
            "reject" => Complaint.RejectedState,
            "withdraw" => Complaint.WithdrawnState,
            _ => null,
        };
        var body = await CaseJson.ReadAsync(context);
        var reason = body is { } given ? CaseJson.Text(given, "reason") : null;
        if (state is null) await CaseJson.FailAsync(context, 404, "unknown_path", "The steps are take, uphold, reject and withdraw.");
        else if (!complaint.IsOpen || (step == "take" && complaint.State == Complaint.TakenState)) await CaseJson.FailAsync(context, 409, "wrong_state", $"The complaint is {complaint.State}.");
        else if (step != "take" && reason is null) await CaseJson.FailAsync(context, 400, "reason_needed", "A decision needs a reason; its author reads it.");
        else
        {
            // The measure first: where it cannot be lifted, the appeal is not upheld either.
            var isLifted = state == Complaint.UpheldState && complaint.IsAboutMeasure && await reinstatement.LiftAsync(complaint, actor, reason!);
            var moved = await desk.MoveAsync(complaint, state, actor, reason);
            await CaseJson.AnswerAsync(context, 200, json =>
            {
                json.Write(moved, clock.GetUtcNow());
                if (!moved.IsOpen) json.WriteBoolean("measure_lifted", isLifted);
            });
        }
    }

    private Task ListReviewsAsync(HttpContext context)
    {
        var kind = context.Request.Query["kind"].ToString();
        var now = clock.GetUtcNow();
        return ItemsAsync(context, reviews.Waiting.Where(item => kind.Length == 0 || item.Kind == kind).Take(MostItems), (json, item) => Write(json, item, now));
    }

    private async Task ShowReviewAsync(HttpContext context, string id, string actor)
    {
        if (await desk.FindAsync(id, context.RequestAborted) is not { } record)
        {
            await UnknownAsync(context);
            return;
        }

        // Reading evidence is recorded, here too.
        await host.Journal.AppendAsync(RecordPlaces.Event(AuditEvents.BreakGlass, actor, "review", record.Opening?.User, record.Id), CancellationToken.None);
        var request = Kept(record, "request", record.Opening?.Request.Text ?? record.Closing?.Prompt);
        var response = Kept(record, "response", record.Response?.Text);
        await CaseJson.AnswerAsync(context, 200, json =>
        {
            json.WriteString("request_id", record.Id);
            json.WritePropertyName("record");
            record.WriteTo(json);
            Write(json, "prompt", request);
            Write(json, "response", response);
            json.WriteStartArray("decisions");
            foreach (var decision in book.DecisionsOn(id)) WriteDecision(json, decision);
            json.WriteEndArray();
        });
    }

    private async Task DecideAsync(HttpContext context, string id, string actor)
    {
        var body = await CaseJson.ReadAsync(context);
        var side = body is { } given ? CaseJson.Text(given, "side") : null;
        var labels = new List<string>();
        var isList = body is { } with && with.TryGetProperty("labels", out var list) && list.ValueKind == JsonValueKind.Array;
        if (isList) labels.AddRange(body!.Value.GetProperty("labels").EnumerateArray().Select(label => label.ToString()));
        if (side is not ("prompt" or "response") || !isList || labels.Find(label => !Taxonomy.Default.IsKnown(label)) is not null)
        {
            await CaseJson.FailAsync(context, 400, "invalid_decision", "Send side (prompt or response) and labels: risks of the taxonomy, none for a harmless text.");
            return;
        }

        if (await desk.FindAsync(id, context.RequestAborted) is not { } record)
        {
            await UnknownAsync(context);
            return;
        }

        var facts = new Dictionary<string, string> { ["side"] = side, ["labels"] = string.Join(',', labels.Order(StringComparer.Ordinal)), ["at"] = CaseBook.Text(clock.GetUtcNow()) };
        await store.AppendAsync(RecordPlaces.Event(AuditEvents.ReviewDecided, actor, CaseJson.Text(body!.Value, "reason"), record.Opening?.User, id, facts));
        var needed = reviews.Waiting.FirstOrDefault(item => item.Exchange == id);
        await CaseJson.AnswerAsync(context, 200, json =>
        {
            json.WriteString("request_id", id);
            json.WriteBoolean("done", needed is null);
            json.WriteStartArray("decisions");
            foreach (var decision in book.DecisionsOn(id)) WriteDecision(json, decision);
            json.WriteEndArray();
        });
    }

    private Task ListIncidentsAsync(HttpContext context)
    {
        var now = clock.GetUtcNow();
        return ItemsAsync(context, book.Incidents, (json, incident) => json.Write(incident, now));
    }

    private IReadOnlyList<KeptField>? Kept(ExchangeRecord record, string direction, SealedText? text) =>
        text is null ? null : EvidenceText.Open(host.Keys.FindByPseudonym(text.Subject), record.Id, direction, text);

    private static Task UnknownAsync(HttpContext context) => CaseJson.FailAsync(context, 404, "unknown_case", "There is nothing with this id.");

    private static Task ItemsAsync<T>(HttpContext context, IEnumerable<T> items, Action<Utf8JsonWriter, T> write) => CaseJson.AnswerAsync(context, 200, json =>
    {
        json.WriteStartArray("items");
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, ReviewItem item, DateTimeOffset now)
    {
        json.WriteAll(("request_id", item.Exchange), ("kind", item.Kind), ("time", item.Time), ("due", item.Due), ("overdue", now > item.Due));
        json.WriteStartArray("risks");
        foreach (var risk in item.Risks) json.WriteStringValue(risk);
        json.WriteEndArray();
        json.WriteAll(("request_action", item.RequestAction), ("response_action", item.ResponseAction), ("reviewers_needed", item.Needed));
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<KeptField>? fields)
    {
        json.WriteStartArray(name);
        foreach (var field in fields ?? [])
        {
            json.WriteStartObject();
            json.WriteString("field", field.Field);
            json.WriteString("text", field.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDecision(Utf8JsonWriter json, ReviewDecision decision)
    {
        json.WriteStartObject();
        json.WriteString("side", decision.Side);
        json.WriteStartArray("labels");
        foreach (var label in decision.Labels) json.WriteStringValue(label);
        json.WriteEndArray();
        json.WriteString("reviewer", decision.Reviewer);
        json.WriteTime("time", decision.Time);
        json.WriteEndObject();
    }
}
