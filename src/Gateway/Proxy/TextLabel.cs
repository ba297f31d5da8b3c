using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Care;
using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Labels;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// The notice "made by AI" in the text of one answer, before or after it, once. It stays out of JSON, code and whatever form was asked for:
/// there the members of the body alone say it.
/// </summary>
internal sealed class TextLabel
{
    /// <summary>Header in which a client names the agreement by which it labels the content itself.</summary>
    public const string AgreementHeader = "Gateway-Agreement";

    private const string Present = "present";
    private const string Withheld = "withheld";
    private const string Agreed = "agreed";
    private const int MostLead = 64; // white space that may come before the notice that a model wrote itself

    private readonly string _text;
    private readonly bool _isLabel;

    private TextLabel(Policy policy, IReadOnlyList<CareNotice> notices, bool isLabel)
    {
        IsPrefix = policy.LabelMode != LabelMode.Suffix;
        _isLabel = isLabel;
        var label = policy.LabelText ?? (policy.LabelProfile == LabelProfile.Eu ? ExplicitLabel.DefaultEnglishText : ExplicitLabel.DefaultText);
        _text = string.Join("\n\n", (isLabel ? [label] : Array.Empty<string>()).Concat(notices.Select(notice => notice.Text)));
        var lines = IsPrefix ? _text + "\n\n" : "\n\n" + _text;
        Bytes = JsonEncodedText.Encode(lines, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray();
    }

    /// <summary>What became of it, for the record; <see langword="null"/> while nothing has.</summary>
    public string? Outcome { get; private set; }

    /// <summary>It goes before the text; else after it.</summary>
    public bool IsPrefix { get; }

    /// <summary>Nothing is to be written.</summary>
    public bool IsOff { get; private init; }

    /// <summary>What is put into the string, as JSON has it.</summary>
    public byte[] Bytes { get; }

    /// <summary>The agreement by which the answer goes without.</summary>
    public string? Agreement { get; private init; }

    /// <summary>The notice that policy wants in an answer; <see langword="null"/> for none.</summary>
    public static TextLabel? For(Exchange exchange, IHeaderDictionary headers)
    {
        var policy = exchange.Policy;
        var isLabel = policy.LabelMode != LabelMode.Envelope;
        if ((!isLabel && exchange.Notices.Count == 0) || !exchange.Operation.IsGenerated || exchange.Status is < 200 or >= 300) return null;

        // Without the notice only where the agreement with a known user says who labels instead.
        var agreement = headers[AgreementHeader].ToString();
        var isAgreed = isLabel && agreement.Length > 0 && exchange.EndUser is not null && policy.Agreements.Contains(agreement, StringComparer.Ordinal);
        var isFixed = AnswerForm.IsFixed(exchange.Body.Span, exchange.Operation);
        return new TextLabel(policy, exchange.Notices, isLabel && !isAgreed)
        {
            IsOff = isFixed || (isAgreed && exchange.Notices.Count == 0),
            Agreement = isAgreed ? agreement : null,
            Outcome = isAgreed ? Agreed : isFixed && isLabel ? Withheld : null,
        };
    }

    /// <summary>Decides about a text.</summary>
    /// <param name="text">The text, or its beginning.</param>
    /// <param name="isWhole">Nothing follows.</param>
    /// <returns>True to write the notice, false not to, <see langword="null"/> when more of the text is needed.</returns>
    public bool? Decide(string text, bool isWhole)
    {
        var start = text.AsSpan().TrimStart();
        if (IsPrefix && !isWhole && text.Length < MostLead && (start.IsEmpty || _text.AsSpan().StartsWith(start)) && start.Length < _text.Length) return null;
        if (start.IsEmpty) return Noted(Withheld);

        // Whoever gets JSON unasked will read it as such all the same.
        if (start[0] is '{' or '[')
        {
            var next = start[1..].TrimStart();
            if (next.IsEmpty && !isWhole) return null;
            if (next.IsEmpty || IsJson(start[0], next[0])) return Noted(Withheld);
        }

        if (IsPrefix ? start.StartsWith(_text, StringComparison.Ordinal) : text.AsSpan().TrimEnd().EndsWith(_text, StringComparison.Ordinal)) return Noted(Present);
        if (!IsPrefix && EndsInCode(text)) return Noted(Withheld);
        if (_isLabel) Outcome = IsPrefix ? "prefix" : "suffix";
        return true;
    }

    /// <summary>Writes the notice into a body that came whole.</summary>
    public ReadOnlyMemory<byte> Apply(Exchange exchange, ReadOnlyMemory<byte> body, LimitsOptions limits, ScannedJson scanned)
    {
        var shape = exchange.Operation.Answer ?? JsonShape.Unknown;
        JsonTextScanner.Scan(body.Span, shape, limits.JsonDepth, limits.TextFields, scanned);
        if (scanned.Fault != ScanFault.None) return body;
        var edits = new SortedSet<int>();
        foreach (var answer in Shown(body.Span, scanned).GroupBy(place => place.Field.Group))
        {
            var places = answer.ToList();
            var chosen = IsPrefix ? places[0] : places[^1];
            if (Decide(scanned.TextOf(chosen.Field).ToString(), isWhole: true) is not true) continue;

            // A text that is told twice is labelled twice, or the two would differ.
            var text = scanned.TextOf(chosen.Field);
            foreach (var place in places)
            {
                if (!scanned.TextOf(place.Field).Span.SequenceEqual(text.Span)) continue;
                edits.Add(IsPrefix ? place.First.TokenStart + 1 : place.Last.TokenStart + 1 + place.Last.TokenLength);
            }
        }

        if (edits.Count == 0) return body;
        var output = new ArrayBufferWriter<byte>(body.Length + (edits.Count * Bytes.Length));
        var position = 0;
        foreach (var at in edits)
        {
            output.Write(body.Span[position..at]);
            output.Write(Bytes);
            position = at;
        }

        output.Write(body.Span[position..]);
        return output.WrittenMemory;
    }

    /// <summary>Texts that people read, in document order, each with its first and last string.</summary>
    private static List<(TextField Field, TextSegment First, TextSegment Last)> Shown(ReadOnlySpan<byte> json, ScannedJson scanned)
    {
        var shown = new List<(TextField, TextSegment, TextSegment)>();
        foreach (var field in scanned.Fields)
        {
            if (field.IsName || !field.Node.Line.IsShown) continue;
            var segments = scanned.Segments.FindAll(segment => segment.Start >= field.Start && segment.Start < field.Start + field.Length);
            for (var i = segments.Count - 1; i >= 0; i--)
            {
                if (!ShownText.Is(json, field.Node.Line, segments[i].TokenStart)) segments.RemoveAt(i);
            }

            if (segments.Count > 0) shown.Add((field, segments[0], segments[^1]));
        }

        return shown;
    }

    /// <summary>What follows an opening brace or bracket in JSON, and hardly in prose: "[Note] …" is none.</summary>
    private static bool IsJson(char opening, char next) => next == '"' || next == opening + 2 || (opening == '[' && (next is '{' or '[' or '-' || char.IsAsciiDigit(next)));

    private bool Noted(string outcome)
    {
        if (_isLabel) Outcome ??= outcome;
        return false;
    }

    /// <summary>A code block was opened and not closed.</summary>
    private static bool EndsInCode(string text)
    {
        var isOpen = false;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) isOpen = !isOpen;
        }

        return isOpen;
    }
}
