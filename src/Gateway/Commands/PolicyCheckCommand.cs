using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Models;
using Gateway.Tenants;

namespace Gateway.Commands;

/// <summary><c>gateway policy check DIR</c>: what a gateway would refuse, and what a file says in vain because the base is stricter.</summary>
internal static class PolicyCheckCommand
{
    /// <returns>0 with notes at most, 1 where a gateway would refuse, 2 where nothing could be read.</returns>
    public static int Run(GatewayOptions options, TextWriter output, TextWriter error)
    {
        var (_, directory, _) = EpochSource.Directories(options);
        if (!Directory.Exists(directory))
        {
            error.WriteLine($"gateway: {directory}: the policy directory does not exist.");
            return PolicyExit.Unreadable;
        }

        try
        {
            var (book, tenants) = PolicyPlaces.Read(options);
            if (!book.Policies.ContainsKey(PolicyBook.DefaultName)) throw new PolicyException([$"{directory}: default.json is missing; it frames everything that no other policy covers."]);
            foreach (var note in book.Notes) output.WriteLine($"note: {note}");
            var candidate = Path.Combine(directory, PolicyLoader.CandidateFolder);
            if (Directory.Exists(candidate))
            {
                var (coming, _) = PolicyPlaces.Read(options, candidate);
                foreach (var note in coming.Notes.Except(book.Notes)) output.WriteLine($"note: candidate: {note}");
                output.WriteLine($"candidate: version {coming.Version}");
            }

            output.WriteLine($"{book.Policies.Count} policies, {(book.HasBase ? "bound by base.json" : "no base.json")}, version {book.Version}; {tenants.Tenants.Count()} tenants, version {tenants.Version}");
            return PolicyExit.Good;
        }
        catch (Exception fault) when (fault is PolicyException or TenantException or ModelFaultException)
        {
            foreach (var line in fault.Message.Split(Environment.NewLine)) output.WriteLine($"error: {line}");
            return PolicyExit.Bad;
        }
    }
}
