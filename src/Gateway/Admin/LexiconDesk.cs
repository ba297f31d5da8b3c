using System.Text.Json.Nodes;
using Gateway.Configuration;
using Gateway.Inspection.Lexicons;
using Gateway.Proxy;

namespace Gateway.Admin;

/// <summary>
/// Lexicons: reading, putting files in place, taking them away. The directory must hold as a whole with the change, else nothing is written; what is put in
/// place comes into force as a file that somebody copies does, in regulated mode after two approvals.
/// </summary>
internal sealed class LexiconDesk(EpochSource epochs, EpochReloader reloader)
{
    private const string Extension = ".tsv";
    private const int FaultsTold = 100;

    public IEnumerable<AdminOperation> Operations =>
    [
        new("GET", "/lexicons", AdminRoles.All, "The lexicon in force, and the files of its directory.", ListAsync),
        new("GET", "/lexicons/{name}", AdminRoles.All, "A lexicon file as it is written.", ShowAsync),
        new("PUT", "/lexicons/{name}", AdminRoles.Running, "Puts a lexicon file in place: lines of term, risk, tier and options with tabs between; allow holds the allow-list, manifest.json the manifest. The body is the file.", PutAsync),
        new("DELETE", "/lexicons/{name}", AdminRoles.Running, "Takes a lexicon file away.", DeleteAsync),
    ];

    private Task ListAsync(AdminCall call)
    {
        var lexicon = epochs.Current.Lexicon;
        return call.AnswerAsync(new JsonObject
        {
            ["epoch"] = epochs.Current.Id,
            ["version"] = epochs.Current.LexiconVersion,
            ["terms"] = lexicon.Terms.Count,
            ["allowed"] = lexicon.AllowTerms.Count,
            ["files"] = new JsonArray([.. LexiconLoader.PathsOf(epochs.Files.Lexicons).Select(path => (JsonNode?)new JsonObject { ["name"] = Path.GetFileName(path), ["bytes"] = new FileInfo(path).Length })]),
        });
    }

    private async Task ShowAsync(AdminCall call)
    {
        if (Place(call) is not { } path || !File.Exists(path)) await call.FailAsync(404, "There is no such lexicon file.");
        else
        {
            call.Context.Response.ContentType = path.EndsWith(Extension, StringComparison.Ordinal) ? "text/tab-separated-values; charset=utf-8" : "application/json; charset=utf-8";
            await call.Context.Response.SendFileAsync(path, call.Context.RequestAborted);
        }
    }

    private async Task PutAsync(AdminCall call)
    {
        if (Place(call) is not { } path) await call.FailAsync(400, "A lexicon file's name has letters, digits, dots, hyphens and underscores only.");
        else if (await call.BytesAsync(LexiconLoader.MaxFileSize) is not { } content) await call.FailAsync(413, $"The file is larger than {LexiconLoader.MaxFileSize >> 20} MiB; split it.");
        else await ChangeAsync(call, path, content);
    }

    private Task DeleteAsync(AdminCall call) => Place(call) is { } path && File.Exists(path) ? ChangeAsync(call, path, null) : call.FailAsync(404, "There is no such lexicon file.");

    private async Task ChangeAsync(AdminCall call, string path, ReadOnlyMemory<byte>? content)
    {
        // Reading some megabytes must hold up no socket.
        await SocketThreads.ElsewhereAsync();
        try
        {
            var name = Path.GetFileName(path);
            var files = LexiconLoader.PathsOf(epochs.Files.Lexicons).Where(other => Path.GetFileName(other) != name).Select(other => new LexiconFile(Path.GetFileName(other), File.ReadAllBytes(other), File.GetLastWriteTimeUtc(other))).ToList();
            if (content is { } given) files.Add(new LexiconFile(name, given, default));
            var lexicon = LexiconLoader.Parse(files);
            if (content is { } written) PlacedFile.Write(path, written.Span);
            else File.Delete(path);
            reloader.Ask();
            await call.AnswerAsync(new JsonObject { ["name"] = name, ["terms"] = lexicon.Terms.Count, ["version"] = lexicon.Version, ["waits"] = reloader.NeedsApproval }, 202);
        }
        catch (LexiconException fault)
        {
            await call.AnswerAsync(
                new JsonObject
                {
                    ["error"] = "The lexicon would be at fault, so nothing was changed.",
                    ["faults"] = new JsonArray([.. fault.Faults.Take(FaultsTold).Select(each => (JsonNode?)each.ToString())]),
                },
                400);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await call.FailAsync(500, $"The lexicon directory cannot be written: {fault.Message}");
        }
    }

    /// <summary>The file of a name, with or without its ending.</summary>
    private string? Place(AdminCall call)
    {
        var name = call.Values["name"];
        if (!PlacedFile.IsName(name)) return null;
        if (name != LexiconManifest.FileName && !name.EndsWith(Extension, StringComparison.Ordinal)) name += Extension;
        return Path.Combine(epochs.Files.Lexicons, name);
    }
}
