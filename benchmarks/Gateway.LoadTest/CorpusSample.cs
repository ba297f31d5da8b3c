using System.Diagnostics;
using System.Text;

namespace Gateway.LoadTest;

/// <summary>Texts of one size, cut at equal distances from a compressed corpus file, so that every source in it has its share.</summary>
internal static class CorpusSample
{
    private const int Stride = 64 * 1024;

    public static async Task<IReadOnlyList<string>> ReadAsync(string file, int bytesPerText, CancellationToken cancellation)
    {
        if (!File.Exists(file)) throw new FileNotFoundException($"'{file}' is missing: check --data or GATEWAY_DATA.", file);
        using Process xz = Process.Start(new ProcessStartInfo("xz", ["-dc", file]) { RedirectStandardOutput = true })!;
        try
        {
            var texts = new List<string>();
            byte[] stride = new byte[Stride];
            Stream unpacked = xz.StandardOutput.BaseStream;
            while (await unpacked.ReadAtLeastAsync(stride, Stride, throwOnEndOfStream: false, cancellation) == Stride)
                texts.Add(Clean(stride, bytesPerText));
            return texts;
        }
        finally
        {
            if (!xz.HasExited) xz.Kill();
            await xz.WaitForExitAsync(CancellationToken.None);
        }
    }

    // Whole characters only, and none that JSON would escape: both servers and the check then see the same plain bytes.
    private static string Clean(byte[] stride, int bytesPerText)
    {
        int start = 0, end = bytesPerText;
        while ((stride[start] & 0xC0) == 0x80) start++;
        while ((stride[end] & 0xC0) == 0x80) end--;
        var text = new StringBuilder(Encoding.UTF8.GetString(stride, start, end - start));
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = text[i] switch
            {
                '"' => '\'',
                '\\' or '#' => '/',
                < ' ' or '\x7f' => ' ',
                var c => c,
            };
        }

        return text.ToString();
    }
}
