using System.Buffers;
using System.IO.Hashing;
using System.Text;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Models;
using Gateway.Tenants;

namespace Gateway.Configuration;

/// <summary>
/// The files an epoch is made of, seen from outside. They are recognised by their contents, read anew each time: time
/// stamps, notifications and link targets each miss a change on some file system (coarse clocks, network mounts, the link
/// swaps of Kubernetes), bytes miss none, and hashing a few megabytes costs a millisecond.
/// Of a model only the manifest is read each time: it vouches for the other files, of which, hundreds of megabytes perhaps, length and time must do.
/// </summary>
internal sealed class EpochFiles(string lexicons, string policies, string? tenants = null, string? model = null, string? shadow = null)
{
    private const int BlockSize = 1 << 16;

    public string Lexicons => lexicons;

    public string Policies => policies;

    /// <summary>Folder of the policies to come, whether or not it is there.</summary>
    public string Candidate => Path.Combine(policies, PolicyLoader.CandidateFolder);

    /// <summary>The tenant file, or the directory of tenant files; <see langword="null"/> without tenants.</summary>
    public string? Tenants => tenants;

    /// <summary>The model's folder; <see langword="null"/> when the classifier is off.</summary>
    public string? Model => model;

    /// <summary>The folder of the second model that decides nothing; <see langword="null"/> without one.</summary>
    public string? Shadow => shadow;

    /// <summary>A hash of names and contents. What cannot be read has a stamp too, so that it is noticed and refused aloud.</summary>
    public UInt128 Stamp()
    {
        var hash = new XxHash128();
        Add(hash, lexicons, LexiconLoader.PathsOf);
        Add(hash, policies, static directory => Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal));
        if (Directory.Exists(Candidate)) Add(hash, Candidate, static directory => Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal));
        if (tenants is not null) Add(hash, tenants, TenantLoader.PathsOf);
        AddModels(hash);
        return hash.GetCurrentHashAsUInt128();
    }

    /// <summary>The part of <see cref="Stamp"/> that the models make up: a longer look at them is only worth it when it has changed.</summary>
    public UInt128 ModelStamp()
    {
        var hash = new XxHash128();
        AddModels(hash);
        return hash.GetCurrentHashAsUInt128();
    }

    private void AddModels(XxHash128 hash)
    {
        if (model is not null) AddModel(hash, model);
        if (shadow is not null) AddModel(hash, shadow);
    }

    private static void AddModel(XxHash128 hash, string directory)
    {
        Add(hash, directory, static folder => [Path.Combine(folder, ModelManifest.FileName)]);
        try
        {
            // What a link leads to counts, not the link.
            foreach (var file in new DirectoryInfo(directory).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
                AddWord(hash, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file.Name} {target.Length} {target.LastWriteTimeUtc.Ticks}"));
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            AddWord(hash, fault.GetType().Name);
        }
    }

    private static void Add(XxHash128 hash, string directory, Func<string, IEnumerable<string>> list)
    {
        try
        {
            foreach (var path in list(directory)) AddFile(hash, path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            AddWord(hash, fault.GetType().Name);
        }

        AddWord(hash, "end of directory");
    }

    private static void AddFile(XxHash128 hash, string path)
    {
        AddWord(hash, Path.GetFileName(path));
        var block = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

            // Larger files are refused unread; their length is all there is to notice.
            for (long read = 0; read <= LexiconLoader.MaxFileSize;)
            {
                var count = file.Read(block);
                if (count == 0) break;
                hash.Append(block.AsSpan(0, count));
                read += count;
            }

            AddWord(hash, file.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            AddWord(hash, fault.GetType().Name);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static void AddWord(XxHash128 hash, string word)
    {
        hash.Append(Encoding.UTF8.GetBytes(word));
        hash.Append("\0"u8);
    }
}
