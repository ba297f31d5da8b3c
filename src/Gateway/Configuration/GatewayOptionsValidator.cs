using System.Globalization;
using Gateway.Labels;

namespace Gateway.Configuration;

/// <summary>Checks section <c>Gateway</c>: all faults at once, each with key, value and remedy.</summary>
internal static class GatewayOptionsValidator
{
    private static string[] AdminRoleNames => Admin.AdminRoles.All;

    private static readonly string[] RetentionNames = ["digest", "evidence", "full"];

    /// <exception cref="ConfigurationException">At least one setting is at fault.</exception>
    public static void Validate(GatewayOptions options, bool hasRoutes)
    {
        var faults = DetectorFaults(options);
        Urls("Urls", options.Urls);
        Urls("AdminUrls", options.AdminUrls);
        foreach (var upstream in Upstreams(options)) Url("Upstream", upstream);
        if (options.Upstream is null && !options.Demo && !hasRoutes)
        {
            faults.Add("There is nothing to forward to. Name a model server with --upstream URL, try --demo, or configure section ReverseProxy.");
        }

        AtLeast("Limits:RequestBytes", options.Limits.RequestBytes, 1024);
        AtLeast("Limits:ResponseBytes", options.Limits.ResponseBytes, 1024);
        AtLeast("Limits:EventBytes", options.Limits.EventBytes, 1024);
        AtLeast("Limits:UnpackRatio", options.Limits.UnpackRatio, 10);
        AtLeast("Limits:HeartbeatSeconds", options.Limits.HeartbeatSeconds, 1);
        AtLeast("Limits:JsonDepth", options.Limits.JsonDepth, 4);
        if (options.Limits.JsonDepth > 512) Fault("Limits:JsonDepth", options.Limits.JsonDepth, "at most 512");
        AtLeast("Limits:TextFields", options.Limits.TextFields, 1);
        AtLeast("Limits:Concurrency", options.Limits.Concurrency, 1);
        AtLeast("Limits:ShutdownSeconds", options.Limits.ShutdownSeconds, 0);
        AtLeast("Resilience:HeaderTimeoutSeconds", options.Resilience.HeaderTimeoutSeconds, 1);
        AtLeast("Resilience:ActivityTimeoutSeconds", options.Resilience.ActivityTimeoutSeconds, 1);
        AtLeast("Resilience:ConnectTimeoutSeconds", options.Resilience.ConnectTimeoutSeconds, 1);
        AtLeast("Resilience:Retries", options.Resilience.Retries, 0);
        AtLeast("Resilience:BreakCalls", options.Resilience.BreakCalls, 2);
        AtLeast("Resilience:BreakSamplingSeconds", options.Resilience.BreakSamplingSeconds, 1);
        AtLeast("Resilience:BreakSeconds", options.Resilience.BreakSeconds, 1);
        if (options.Resilience.BreakRatio is <= 0 or > 1) Fault("Resilience:BreakRatio", options.Resilience.BreakRatio, "above 0 and at most 1");
        if (options.Reload.PollSeconds is not (0 or (>= 0.05 and <= 3600))) Fault("Reload:PollSeconds", options.Reload.PollSeconds, "from 0.05 to 3600, or 0 to look only on SIGHUP");
        if (string.IsNullOrWhiteSpace(options.Audit.Directory)) Fault("Audit:Directory", "", "a directory");
        if (!TextForms.IsKnown(options.Audit.Text.Clean)) Fault("Audit:Text:Clean", options.Audit.Text.Clean, "digest, evidence or full");
        if (!TextForms.IsKnown(options.Audit.Text.Flagged)) Fault("Audit:Text:Flagged", options.Audit.Text.Flagged, "digest, evidence or full");
        if (options.Audit.Text.SampleShare is not (>= 0 and <= 1)) Fault("Audit:Text:SampleShare", options.Audit.Text.SampleShare, "between 0 and 1");
        AtLeast("Audit:RetentionMonths", options.Audit.RetentionMonths, 6);
        if (options.Audit.RetentionMonths > byte.MaxValue) Fault("Audit:RetentionMonths", options.Audit.RetentionMonths, "at most 255");
        foreach (var (name, months) in options.Audit.RetentionClasses)
        {
            if (!RetentionNames.Contains(name, StringComparer.OrdinalIgnoreCase)) Fault($"Audit:RetentionClasses:{name}", months, "of a class that policies can name: digest, evidence or full");
            else if (months < options.Audit.RetentionMonths || months > byte.MaxValue)
                Fault($"Audit:RetentionClasses:{name}", months, string.Create(CultureInfo.InvariantCulture, $"from {options.Audit.RetentionMonths} (Gateway:Audit:RetentionMonths, which everything is kept) to 255"));
        }

        AtLeast("Audit:Seal:Entries", options.Audit.Seal.Entries, 1);
        AtLeast("Audit:Seal:Seconds", options.Audit.Seal.Seconds, 1);
        AtLeast("Audit:Seal:KeyDays", options.Audit.Seal.KeyDays, 0);
        if (options.Audit.OnUnsafeRedis is not (null or "Refuse" or "Warn")) Fault("Audit:OnUnsafeRedis", options.Audit.OnUnsafeRedis, "Refuse or Warn");
        if (options.Admin.FirstStart is not ("Accept" or "Approve" or "Again")) Fault("Admin:FirstStart", options.Admin.FirstStart, "Accept, Approve or Again");
        if (options.EndUser.Body is not (null or "user" or "safety_identifier" or "metadata.user_id"))
            Fault("EndUser:Body", options.EndUser.Body, "user, safety_identifier or metadata.user_id");
        foreach (var (name, count) in new[]
        {
            ("InRow", options.Sanctions.InRow), ("PerDay", options.Sanctions.PerDay), ("WarnInRow", options.Sanctions.WarnInRow), ("LimitInRow", options.Sanctions.LimitInRow),
            ("LimitPerDay", options.Sanctions.LimitPerDay), ("TerminateAfter", options.Sanctions.TerminateAfter),
        }) AtLeast($"Sanctions:{name}", count, 0);
        AtLeast("Sanctions:LimitedRequestsPerMinute", options.Sanctions.LimitedRequestsPerMinute, 1);
        AtLeast("Sanctions:SuspendMinutes", options.Sanctions.SuspendMinutes, 1);
        if (options.Tenants is not null && options.EndUser.TenantHeader is not null)
            Fault("EndUser:TenantHeader", options.EndUser.TenantHeader, "left out where Gateway:Tenants is set: the key or token names the tenant");
        if (options.Jwt.Authority is { Length: > 0 } authority)
        {
            Url("Jwt:Authority", authority);
            if (options.Jwt.RequireHttps && !authority.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) Fault("Jwt:Authority", authority, "an https address, unless Gateway:Jwt:RequireHttps is false");
            if (options.Tenants is null) Fault("Jwt:Authority", authority, "left out without Gateway:Tenants: tokens name tenants");
        }

        var jwt = options.Admin.Jwt;
        if (jwt.Authority is { Length: > 0 } issuer)
        {
            Url("Admin:Jwt:Authority", issuer);
            if (jwt.RequireHttps && !issuer.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) Fault("Admin:Jwt:Authority", issuer, "an https address, unless Gateway:Admin:Jwt:RequireHttps is false");
            if (jwt.Audience.Length == 0) Fault("Admin:Jwt:Audience", "", "set: a token made for something else must open nothing");
            else if (string.Equals(issuer, options.Jwt.Authority, StringComparison.Ordinal) && jwt.Audience == options.Jwt.Audience) Fault("Admin:Jwt:Audience", jwt.Audience, "another than Gateway:Jwt:Audience: a client's token must not open the admin API");
            foreach (var (value, role) in jwt.Roles.Where(pair => !AdminRoleNames.Contains(pair.Value, StringComparer.Ordinal))) Fault($"Admin:Jwt:Roles:{value}", role, string.Join(", ", AdminRoleNames));
        }

        if (options.EndUser.Claim is { Length: > 0 } claim && !options.Jwt.IsConfigured) Fault("EndUser:Claim", claim, "left out without Gateway:Jwt:Authority");
        if (options.Tenants is { } tenants && !File.Exists(tenants) && !Directory.Exists(tenants)) Fault("Tenants", tenants, "a tenant file, or a directory of tenant files");
        if (options.Regulated && string.IsNullOrEmpty(options.Audit.MasterKey))
            Fault("Audit:MasterKey", "", "set in regulated mode: file:PATH outside the key store, env:NAME or command:PROGRAM");
        if (!string.IsNullOrWhiteSpace(options.Audit.Directory) && IsInside(options.Audit.KeysDirectory, options.Audit.Directory))
            Fault("Audit:Keys", options.Audit.KeysDirectory, "outside the journal's directory: a copy of the journal must not carry the keys");
        Positive("Complaints:AppealDays", options.Complaints.AppealDays);
        AtLeast("Complaints:PerMinute", options.Complaints.PerMinute, 1);
        Positive("Review:Days", options.Review.Days);
        Positive("Review:RefreshSeconds", options.Review.RefreshSeconds);
        Positive("Crisis:TimeoutSeconds", options.Crisis.TimeoutSeconds);
        AtLeast("Crisis:Attempts", options.Crisis.Attempts, 1);
        foreach (var (key, value, remedy) in LabelSettings.Faults(options.Label, options.Regulated)) Fault(key, value, remedy);

        if (faults.Count > 0) throw new ConfigurationException(string.Join(Environment.NewLine, faults));

        static bool IsInside(string path, string directory) =>
            (Path.GetFullPath(path) + "/").StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + "/", StringComparison.Ordinal);

        void Fault(string key, object value, string remedy) => faults.Add(Sentence(key, value, remedy));

        void Positive(string key, double value)
        {
            if (!(value > 0)) Fault(key, value, "above 0");
        }

        void AtLeast(string key, int value, int least)
        {
            if (value < least) Fault(key, value, Least(least));
        }

        void Urls(string key, string value)
        {
            var urls = value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (urls.Length == 0) Fault(key, value, "an address such as http://127.0.0.1:8080");
            foreach (var url in urls) Url(key, url);
        }

        void Url(string key, string value)
        {
            if (!Uri.TryCreate(value.Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri)
                || uri.Scheme is not ("http" or "https"))
            {
                Fault(key, value, "an http or https address such as http://127.0.0.1:8080");
            }
        }
    }

    /// <summary>Checks what detectors are made of, for commands that judge without serving.</summary>
    /// <exception cref="ConfigurationException">At least one setting is at fault.</exception>
    public static void ValidateDetectors(GatewayOptions options)
    {
        if (DetectorFaults(options) is { Count: > 0 } faults) throw new ConfigurationException(string.Join(Environment.NewLine, faults));
    }

    private static List<string> DetectorFaults(GatewayOptions options)
    {
        var faults = new List<string>();
        if (options.Keywords.Separators is not (>= 0 and <= 32)) Fault("Keywords:Separators", options.Keywords.Separators, "from 0 to 32");
        AtLeast("Classifier:BudgetMilliseconds", options.Classifier.BudgetMilliseconds, 1);
        AtLeast("Classifier:QueueCapacity", options.Classifier.QueueCapacity, 1);
        AtLeast("Classifier:Workers", options.Classifier.Workers, 0);
        AtLeast("Classifier:ModelThreads", options.Classifier.ModelThreads, 1);
        AtLeast("Classifier:CacheEntries", options.Classifier.CacheEntries, 0);
        AtLeast("Classifier:ShadowWaitMilliseconds", options.Classifier.ShadowWaitMilliseconds, 0);
        var http = options.HttpClassifier;
        if (http.Url is null) return faults;
        if (!Uri.TryCreate(http.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) Fault("HttpClassifier:Url", http.Url, "a full address such as http://guard:8000/v1/moderations");
        if (http.Kind is not ("moderations" or "guard")) Fault("HttpClassifier:Kind", http.Kind, "moderations or guard");
        AtLeast("HttpClassifier:TimeoutMilliseconds", http.TimeoutMilliseconds, 10);
        AtLeast("HttpClassifier:Concurrency", http.Concurrency, 1);
        AtLeast("HttpClassifier:BreakSeconds", http.BreakSeconds, 1);
        AtLeast("HttpClassifier:PieceCharacters", http.PieceCharacters, 1000);
        if (http.FlaggedScore is not (>= 0 and <= 1)) Fault("HttpClassifier:FlaggedScore", http.FlaggedScore, "from 0 to 1");
        if (http.ControversialScore is not (>= 0 and <= 1)) Fault("HttpClassifier:ControversialScore", http.ControversialScore, "from 0 to 1");
        foreach (var (category, risk) in http.Risks.Where(pair => !Inspection.Policies.Taxonomy.Default.IsKnown(pair.Value)))
            Fault($"HttpClassifier:Risks:{category}", risk, "a risk of the taxonomy");
        return faults;

        void Fault(string key, object value, string remedy) => faults.Add(Sentence(key, value, remedy));

        void AtLeast(string key, int value, int least)
        {
            if (value < least) Fault(key, value, Least(least));
        }
    }

    private static string Least(int least) => string.Create(CultureInfo.InvariantCulture, $"at least {least}");

    private static string Sentence(string key, object value, string remedy) => string.Create(CultureInfo.InvariantCulture, $"Gateway:{key} is '{value}', but must be {remedy}.");

    /// <summary>The model servers that <c>Upstream</c> names.</summary>
    public static string[] Upstreams(GatewayOptions options) =>
        options.Upstream?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
