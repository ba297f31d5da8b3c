using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit.Keys;

/// <summary>
/// The key that wraps all others. It comes from a file, an environment variable or a command (for a vault or a hardware
/// module) and is never written by the store it protects.
/// </summary>
public sealed class MasterKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Length = 32;

    private const string Forms = "file:PATH, env:NAME or command:PROGRAM ARGUMENTS";
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);

    private readonly byte[] _key;

    private MasterKey(byte[] key) => _key = key;

    /// <summary>Reads the key from where a setting says.</summary>
    /// <param name="source"><c>file:PATH</c>, <c>env:NAME</c> or <c>command:PROGRAM ARGUMENTS</c>; each yields 64 hex digits or 44 characters of base64.</param>
    /// <exception cref="KeyStoreException">The source cannot be read or holds no key of 32 bytes.</exception>
    public static MasterKey Load(string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        var colon = source.IndexOf(':', StringComparison.Ordinal);
        var (kind, rest) = colon < 0 ? ("", source) : (source[..colon], source[(colon + 1)..]);
        var text = kind switch
        {
            "file" => ReadFile(rest),
            "env" => Environment.GetEnvironmentVariable(rest)
                ?? throw new KeyStoreException($"The master key's environment variable {rest} is not set. Set it to 32 bytes in hex or base64."),
            "command" => RunCommand(rest),
            _ => throw new KeyStoreException($"The master key's source must be {Forms}."),
        };
        return TryParse(text, out var key) ? new MasterKey(key) : throw new KeyStoreException(
            $"The master key from {kind}:… is not a key: it must be 32 bytes, as 64 hex digits or in base64 (`openssl rand -hex 32` makes one).");
    }

    /// <summary>Makes a new key and keeps it in a file that only its owner may read.</summary>
    /// <param name="path">The file; must not exist.</param>
    /// <exception cref="KeyStoreException">The file cannot be written.</exception>
    public static MasterKey Mint(string path)
    {
        var key = RandomNumberGenerator.GetBytes(Length);
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(key) + "\n"));
        return new MasterKey(key);
    }

    /// <summary>A key for one purpose, derived from this one.</summary>
    /// <param name="purpose">What it is for; another purpose gives an unrelated key.</param>
    public byte[] Derive(string purpose) => HKDF.Expand(HashAlgorithmName.SHA256, _key, Length, Encoding.ASCII.GetBytes(purpose));

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyStoreException($"The master key's file {path} cannot be read: {exception.Message}", exception);
        }
    }

    private static string RunCommand(string command)
    {
        var parts = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0) throw new KeyStoreException($"The master key's source must be {Forms}.");
        try
        {
            var start = new ProcessStartInfo(parts[0], parts[1..]) { RedirectStandardOutput = true };
            using var process = Process.Start(start) ?? throw new KeyStoreException($"The master key's command {parts[0]} did not start.");
            var output = process.StandardOutput.ReadToEnd();
            if (!process.WaitForExit(CommandPatience) || process.ExitCode != 0)
                throw new KeyStoreException($"The master key's command {parts[0]} failed. It must print the key and exit with 0.");
            return output;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new KeyStoreException($"The master key's command {parts[0]} could not be run: {exception.Message}", exception);
        }
    }

    private static bool TryParse(string text, out byte[] key)
    {
        key = [];
        text = text.Trim();
        if (text.Length == 2 * Length && text.All(char.IsAsciiHexDigit)) key = Convert.FromHexString(text);
        else if (Base64.IsValid(text)) key = Convert.FromBase64String(text);
        return key.Length == Length;
    }
}
