using System.Runtime.InteropServices;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Configuration;
using Gateway.Proxy;

namespace Gateway.Commands;

/// <summary><c>gateway serve</c>: runs the service until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Exit code when the service cannot start.</summary>
    public const int CannotStart = 1;

    /// <summary>SIGXFSZ, on Linux and macOS; .NET has no name for it.</summary>
    private const PosixSignal FileTooLarge = (PosixSignal)25;

    /// <summary>Serves.</summary>
    /// <param name="arguments">The arguments after <c>serve</c>.</param>
    /// <param name="error">Takes the one message when the service cannot start.</param>
    public static async Task<int> RunAsync(string[] arguments, TextWriter error)
    {
        // A write beyond a limit on file sizes is a full disk for the journal, and not the end of every exchange under way.
        using var full = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(FileTooLarge, static context => context.Cancel = true);
        try
        {
            await using var application = GatewayApplication.Build(arguments);
            var sockets = application.Services.GetRequiredService<GatewayOptions>().Sockets;
            if (sockets.Inline) SocketThreads.RunInline();
            application.Lifetime.ApplicationStarted.Register(() => SocketThreads.Pin(sockets));
            await application.RunAsync();
            return 0;
        }
        catch (Exception fault) when (Explain(fault) is { } message)
        {
            await error.WriteLineAsync($"gateway cannot start: {message}");
            return CannotStart;
        }
    }

    /// <summary>The message for a fault that an operator can mend; <see langword="null"/> for a bug, which keeps its stack trace.</summary>
    private static string? Explain(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is ConfigurationException or AuditJournalException or AuditJournalBrokenException or KeyStoreException) return cause.Message;
        }

        return fault switch
        {
            IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } or Microsoft.AspNetCore.Connections.AddressInUseException =>
                $"{fault.Message} Stop the other process or choose another address with --urls and --admin-urls.",
            IOException or UnauthorizedAccessException or FormatException => fault.Message,
            _ => null,
        };
    }
}
