using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Lexicons;

/// <summary>
/// Reads lexicons: directories of <c>*.tsv</c> files in UTF-8 with lines <c>term⇥risk⇥tier[⇥options]</c>,
/// <c>allow.tsv</c> with one term a line, and <see cref="LexiconManifest"/> where there is one. Blank lines and lines that begin with <c>#</c> are skipped.
/// </summary>
public static class LexiconLoader
{
    /// <summary>Name of the file that holds the allow-list.</summary>
    public const string AllowFile = "allow.tsv";

    /// <summary>Longest term, folded characters.</summary>
    public const int MaxTermLength = 256;

    /// <summary>Largest file, bytes.</summary>
    public const int MaxFileSize = 64 << 20;

    /// <summary>Reads every <c>*.tsv</c> of a directory, and its manifest; directories below it are not read.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="taxonomy">The risks there are; the built-in ones by default.</param>
    /// <exception cref="LexiconException">Anything is wrong with it; names every fault.</exception>
    public static Lexicon Load(string directory, Taxonomy? taxonomy = null) => Whole(Read(directory, taxonomy));

    /// <summary>Reads lexicon files that are in memory.</summary>
    /// <param name="files">The files, in any order; names are distinct.</param>
    /// <param name="taxonomy">The risks there are; the built-in ones by default.</param>
    /// <exception cref="LexiconException">Anything is wrong with them; names every fault.</exception>
    public static Lexicon Parse(IEnumerable<LexiconFile> files, Taxonomy? taxonomy = null) => Whole(Read(files, taxonomy));

    /// <summary>Reads what can be read of a directory and says what is wrong with the rest.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="taxonomy">The risks there are; the built-in ones by default.</param>
    public static LexiconReading Read(string directory, Taxonomy? taxonomy = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var faults = new List<LexiconFault>();
        var files = new List<LexiconFile>();
        if (!Directory.Exists(directory))
        {
            faults.Add(new(directory, 0, "there is no such directory; create it with at least one .tsv file, or name another."));
            return new LexiconReading(Lexicon.Empty, faults, IsWhole: false);
        }

        foreach (var path in PathsOf(directory))
        {
            try
            {
                if (ReadFile(path) is { } file) files.Add(file);
                else faults.Add(new(Path.GetFileName(path), 0, $"is larger than {MaxFileSize >> 20} MiB; split it."));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                faults.Add(new(Path.GetFileName(path), 0, $"cannot be read: {exception.Message}"));
            }
        }

        return Read(files, directory, taxonomy ?? Taxonomy.Default, faults);
    }

    /// <summary>Reads what can be read of files in memory and says what is wrong with the rest.</summary>
    /// <param name="files">The files, in any order; names are distinct.</param>
    /// <param name="taxonomy">The risks there are; the built-in ones by default.</param>
    public static LexiconReading Read(IEnumerable<LexiconFile> files, Taxonomy? taxonomy = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Read([.. files], "lexicon", taxonomy ?? Taxonomy.Default, []);
    }

    /// <summary>The files of a directory that make up a lexicon, in ordinal order.</summary>
    /// <param name="directory">The directory.</param>
    public static IEnumerable<string> PathsOf(string directory) => Directory.EnumerateFiles(directory, "*.tsv")
        .Concat(Directory.EnumerateFiles(directory, LexiconManifest.FileName))
        .Order(StringComparer.Ordinal);

    private static Lexicon Whole(LexiconReading reading) =>
        reading.Faults.Count == 0 ? reading.Lexicon : throw new LexiconException(reading.Faults);

    private static LexiconReading Read(List<LexiconFile> files, string source, Taxonomy taxonomy, List<LexiconFault> faults)
    {
        var isWhole = faults.Count == 0;
        files.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        var reader = new LexiconReader(taxonomy, faults);
        LexiconManifest? manifest = null;
        foreach (var file in files)
        {
            if (file.Name == LexiconManifest.FileName) manifest = new LexiconManifestReader(faults, reader.Warnings).Read(file);
            else reader.Read(file);
        }

        if (reader.Terms.Count == 0 && faults.Count == 0)
            faults.Add(new(source, 0, "holds no terms; add a .tsv file with lines of term, risk and tier separated by tabs."));
        var dated = manifest?.Dated ?? files.Max(file => file.Written);
        return new LexiconReading(
            new Lexicon(reader.Terms, reader.AllowTerms, VersionOf(files), reader.Warnings, manifest, dated), faults, isWhole);
    }

    /// <summary>Reads a file through one handle, so that links are followed and the time belongs to what was read.</summary>
    /// <returns><see langword="null"/> when it is too large.</returns>
    private static LexiconFile? ReadFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length > MaxFileSize) return null;
        using var content = new MemoryStream((int)stream.Length);
        stream.CopyTo(content);
        if (content.Length > MaxFileSize) return null;
        return new LexiconFile(Path.GetFileName(path), content.ToArray(), File.GetLastWriteTimeUtc(stream.SafeFileHandle));
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
