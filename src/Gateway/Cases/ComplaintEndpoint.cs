using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Configuration;

namespace Gateway.Cases;

/// <summary>
/// Complaints on the data listener: <c>POST /complaints</c> files one about a request id (or an appeal against a decision),
/// <c>GET /complaints/ID</c> tells its author where it stands.
/// </summary>
internal sealed class ComplaintEndpoint(ComplaintDesk desk, CaseBook book, GatewayOptions options, TimeProvider clock)
{
    /// <summary>Where it answers.</summary>
    public const string Path = "/complaints";

    /// <summary>Header with the word that the author of a complaint got.</summary>
    public const string TokenHeader = "Complaint-Token";

    private readonly RateWindow _rate = new(options.Complaints.PerMinute, clock);

    public async Task AnswerAsync(HttpContext context)
    {
        if (!options.Complaints.Enabled)
        {
            await CaseJson.FailAsync(context, 404, "unknown_path", "Complaints are not taken here.");
            return;
        }

        if (!_rate.TryTake(context.Connection.RemoteIpAddress?.ToString() ?? ""))
        {
            context.Response.Headers.RetryAfter = "60";
            await CaseJson.FailAsync(context, 429, "too_many_requests", "There were too many complaints from here. Please try again in a minute.");
            return;
        }

        var rest = context.Request.Path.Value![Path.Length..].Trim('/');
        try
        {
            if (HttpMethods.IsPost(context.Request.Method) && rest.Length == 0) await FileAsync(context);
            else if (HttpMethods.IsGet(context.Request.Method) && rest.Length > 0) await ShowAsync(context, rest);
            else await CaseJson.FailAsync(context, 405, "method_not_allowed", "POST /complaints files a complaint; GET /complaints/ID shows one.");
        }
        catch (Exception fault) when (fault is AuditJournalException or KeyStoreException)
        {
            await CaseJson.FailAsync(context, 503, "audit_unavailable", "The complaint could not be recorded. Please try again later.");
        }
    }

    private async Task FileAsync(HttpContext context)
    {
        // 1. What is it about?
        if (await CaseJson.ReadAsync(context) is not { } body)
        {
            await CaseJson.FailAsync(context, 400, "invalid_body", "Send a JSON object of at most 32 KiB with request_id, kind, category and text.");
            return;
        }

        var kind = CaseJson.Text(body, "kind") ?? "complaint";
        var category = CaseJson.Text(body, "category") ?? "other";
        var (text, id, against) = (CaseJson.Text(body, "text"), CaseJson.Text(body, "request_id"), CaseJson.Text(body, "complaint_id"));
        var fault = kind is not ("complaint" or "appeal") ? "kind is complaint or appeal."
            : !Complaint.Categories.Contains(category, StringComparer.Ordinal) ? $"category is one of {string.Join(", ", Complaint.Categories)}."
            : text is null || text.Length > ComplaintDesk.MostText ? $"text is needed, of at most {ComplaintDesk.MostText} characters."
            : id is null && against is null ? "request_id is needed: the header Gateway-Request-Id of the answer."
            : null;
        if (fault is not null)
        {
            await CaseJson.FailAsync(context, 400, "invalid_complaint", fault);
            return;
        }

        // 2. An appeal against a decision: within its time, by the author.
        if (against is not null)
        {
            if (book.Complaint(against) is not { } decided || !ComplaintDesk.IsAuthor(decided, Token(context)))
            {
                await CaseJson.FailAsync(context, 404, "unknown_complaint", $"There is no such complaint, or header {TokenHeader} does not hold its word.");
                return;
            }

            if (decided.State is not (Complaint.UpheldState or Complaint.RejectedState) || clock.GetUtcNow() > decided.Since.AddDays(options.Complaints.AppealDays))
            {
                await CaseJson.FailAsync(context, 409, "not_appealable", "Only a decision can be appealed against, and only while its time for appeals runs.");
                return;
            }

            (kind, id) = ("appeal", decided.Exchange);
            if (CaseJson.Text(body, "category") is null) category = decided.Category;
        }

        // 3. The exchange must exist.
        if (await desk.FindAsync(id!, context.RequestAborted) is not { } record)
        {
            await CaseJson.FailAsync(context, 404, "unknown_request", "There is no exchange with this request_id.");
            return;
        }

        var (complaint, token) = await desk.FileAsync(record, kind, category, text!, CaseJson.Text(body, "contact"), against);
        context.Response.Headers.Location = $"{Path}/{complaint.Id}";
        await CaseJson.AnswerAsync(context, 201, json =>
        {
            json.Write(complaint, clock.GetUtcNow());
            json.WriteString("token", token);
        });
    }

    private async Task ShowAsync(HttpContext context, string id)
    {
        if (book.Complaint(id) is { } complaint && ComplaintDesk.IsAuthor(complaint, Token(context))) await CaseJson.AnswerAsync(context, 200, json => json.Write(complaint, clock.GetUtcNow()));
        else await CaseJson.FailAsync(context, 404, "unknown_complaint", $"There is no such complaint, or header {TokenHeader} does not hold its word.");
    }

    private static string? Token(HttpContext context) => context.Request.Headers[TokenHeader].ToString() is { Length: > 0 } token ? token : null;
}
