using System.IO.Compression;

namespace Gateway.FunctionalTests.Audit;

/// <summary>What stands in a file, whoever has it open.</summary>
internal static class PlainBytes
{
    /// <summary>Its bytes; of a compressed file those that are in it.</summary>
    public static byte[] Of(string file)
    {
        using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        if (!file.EndsWith(".gz", StringComparison.Ordinal)) source.CopyTo(bytes);
        else
        {
            using var gzip = new GZipStream(source, CompressionMode.Decompress);
            gzip.CopyTo(bytes);
        }

        return bytes.ToArray();
    }
}
