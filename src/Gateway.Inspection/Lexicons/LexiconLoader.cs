using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Lexicons;

/// <summary>
/// Reads lexicons: directories of <c>*.tsv</c> files in UTF-8 with lines <c>term⇥risk⇥tier[⇥options]</c>, and
/// <c>allow.tsv</c> with one term a line. Blank lines and lines that begin with <c>#</c> are skipped.
/// </summary>
public static class LexiconLoader
{
    /// <summary>Name of the file that holds the allow-list.</summary>
    public const string AllowFile = "allow.tsv";

    /// <summary>Longest term, folded characters.</summary>
    public const int MaxTermLength = 256;

    /// <summary>Largest file, bytes.</summary>
    public const int MaxFileSize = 64 << 20;

    /// <summary>Reads every <c>*.tsv</c> of a directory; directories below it are not read.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="taxonomy">The risks there are; the built-in ones by default.</param>
    /// <exception cref="LexiconException">Anything is wrong with it; names every fault.</exception>
    public static Lexicon Load(string directory, Taxonomy? taxonomy = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!Directory.Exists(directory))
        {
            throw new LexiconException(
                [new(directory, 0, "there is no such directory; create it with at least one .tsv file, or name another.")]);
        }

        var files = new List<LexiconFile>();
        var faults = new List<LexiconFault>();
        foreach (var path in Directory.EnumerateFiles(directory, "*.tsv").Order(StringComparer.Ordinal))
        {
            try
            {
                if (new FileInfo(path).Length > MaxFileSize)
                    faults.Add(new(Path.GetFileName(path), 0, $"is larger than {MaxFileSize >> 20} MiB; split it."));
                else files.Add(new LexiconFile(Path.GetFileName(path), File.ReadAllBytes(path)));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                faults.Add(new(Path.GetFileName(path), 0, $"cannot be read: {exception.Message}"));
            }
        }

        return Parse(files, directory, taxonomy ?? Taxonomy.Default, faults);
    }

    /// <summary>Reads lexicon files that are in memory.</summary>
    /// <param name="files">The files, in any order; names are distinct.</param>
    /// <param name="taxonomy">The risks there are; the built-in ones by default.</param>
    /// <exception cref="LexiconException">Anything is wrong with them; names every fault.</exception>
    public static Lexicon Parse(IEnumerable<LexiconFile> files, Taxonomy? taxonomy = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Parse([.. files], "lexicon", taxonomy ?? Taxonomy.Default, []);
    }

    private static Lexicon Parse(List<LexiconFile> files, string source, Taxonomy taxonomy, List<LexiconFault> faults)
    {
        files.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        var reader = new LexiconReader(taxonomy, faults);
        foreach (var file in files) reader.Read(file);
        if (reader.Terms.Count == 0 && faults.Count == 0)
            faults.Add(new(source, 0, "holds no terms; add a .tsv file with lines of term, risk and tier separated by tabs."));
        if (faults.Count > 0) throw new LexiconException(faults);
        return new Lexicon(reader.Terms, reader.AllowTerms, VersionOf(files), reader.Warnings);
    }

    private static string VersionOf(List<LexiconFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[8];
        foreach (var file in files)
        {
            // Lengths in between, so that moving bytes from one file or name to the next changes the hash.
            var name = Encoding.UTF8.GetBytes(file.Name);
            BinaryPrimitives.WriteInt64LittleEndian(length, name.Length);
            hash.AppendData(length);
            hash.AppendData(name);
            BinaryPrimitives.WriteInt64LittleEndian(length, file.Content.Length);
            hash.AppendData(length);
            hash.AppendData(file.Content.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
