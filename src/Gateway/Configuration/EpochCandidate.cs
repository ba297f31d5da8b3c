using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Models;
using Gateway.Tenants;

namespace Gateway.Configuration;

/// <summary>What became of an attempt to compile the files: an epoch, or everything that is wrong with them.</summary>
internal sealed class EpochCandidate
{
    private const int FaultsNamed = 20;

    private readonly List<Exception> _faults = [];

    /// <summary>The epoch; there when nothing is wrong.</summary>
    public Epoch? Epoch { get; set; }

    public bool IsRefused => _faults.Count > 0;

    /// <summary>For a start that fails: every fault, with its remedy.</summary>
    public string Message => string.Join(Environment.NewLine, _faults.Select(fault => fault.Message));

    /// <summary>For a log: one fault an item, <c>file:line: what is wrong; remedy</c>.</summary>
    public string[] Lines
    {
        get
        {
            string[] all =
            [
                .. _faults.SelectMany(fault => fault switch
                {
                    LexiconException lexicon => lexicon.Faults.Select(each => each.ToString()),
                    PolicyException policy => policy.Faults,
                    TenantException tenants => tenants.Faults,
                    ModelFaultException model => model.Faults.Select(each => $"{model.Directory}: {each}"),
                    _ => [fault.Message],
                }),
            ];
            return all.Length <= FaultsNamed ? all : [.. all.Take(FaultsNamed), $"and {all.Length - FaultsNamed} more"];
        }
    }

    public void Fault(Exception fault) => _faults.Add(fault);

    /// <summary>Does a part of the work; what is wrong with the files is noted.</summary>
    public T Attempt<T>(Func<T> load, T fallback)
    {
        try
        {
            return load();
        }
        catch (Exception fault) when (fault is LexiconException or PolicyException or TenantException or ModelFaultException)
        {
            _faults.Add(fault);
            return fallback;
        }
    }
}
