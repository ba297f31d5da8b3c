using System.Text;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// Puts the notice into a streamed answer: into the first string of its text, or into the last one, which therefore waits until the
/// text has ended. Events stay as many and as they are otherwise.
/// </summary>
/// <param name="label">The notice.</param>
/// <param name="hasAnswers">Each group is an answer of its own; else all are parts of one.</param>
internal sealed class StreamTextLabel(TextLabel label, bool hasAnswers)
{
    private readonly Dictionary<int, Answer> _answers = [];
    private readonly List<(long Frame, long Position)> _insertions = [];

    /// <summary>Takes text that came.</summary>
    public void Take(StreamChannel channel, ScannedJson scanned, in TextField field, ReadOnlySpan<byte> data, long frame, Func<int, long> positionOf)
    {
        if (!field.Node.Line.IsShown) return;
        var answer = Of(channel.Group);
        if (answer.IsDecided || (answer.Channel is not null && answer.Channel != channel)) return;
        foreach (var segment in scanned.Segments)
        {
            if (segment.Start < field.Start || segment.Start >= field.Start + field.Length || !ShownText.Is(data, field.Node.Line, segment.TokenStart)) continue;
            answer.Channel = channel;
            answer.Text.Append(scanned.TextOf(field).Span.Slice(segment.Start - field.Start, segment.Length));
            var position = positionOf(segment.TokenStart + 1);
            if (position >= 0) answer.Pieces.Add((frame, label.IsPrefix ? position : position + segment.TokenLength));
        }

        if (label.IsPrefix && answer.Pieces.Count > 0) Decide(answer, answer.Pieces[0], isWhole: false);
    }

    /// <summary>A channel has ended.</summary>
    public void Finish(StreamChannel channel)
    {
        foreach (var answer in _answers.Values)
        {
            if (answer.IsDecided || answer.Channel != channel || answer.Pieces.Count == 0) continue;
            Decide(answer, label.IsPrefix ? answer.Pieces[0] : answer.Pieces[^1], isWhole: true);
        }
    }

    /// <summary>Takes a text that is complete in its event: it tells again what came in pieces, or comes for the first time.</summary>
    public void TakeWhole(ScannedJson scanned, TextField field, int group, ReadOnlySpan<byte> data, long frame, Func<int, long> positionOf)
    {
        if (!field.Node.Line.IsShown) return;
        var segments = scanned.Segments.FindAll(segment => segment.Start >= field.Start && segment.Start < field.Start + field.Length);
        if (segments.Count == 0 || !ShownText.Is(data, field.Node.Line, segments[0].TokenStart)) return;
        var position = positionOf((label.IsPrefix ? segments[0] : segments[^1]).TokenStart + 1);
        if (position < 0) return;
        if (!label.IsPrefix) position += segments[^1].TokenLength;
        var text = scanned.TextOf(field).Span;
        var told = (PathHashes.MixText(PathHashes.Seed, text), (long)text.Length);
        var answer = Of(group);
        if (!answer.IsDecided && answer.Channel is null)
        {
            answer.Told = told;
            answer.Text.Append(text);
            Decide(answer, (frame, position), isWhole: true);
        }
        else if (answer.IsPlaced && (told == answer.Told || (answer.Channel is { } channel && told == (channel.TextHash, channel.Total))))
        {
            _insertions.Add((frame, position));
        }
    }

    /// <summary>The first event that may not leave because of the notice, where others hold none before <paramref name="limit"/>.</summary>
    public long Limit(long limit)
    {
        var first = limit;
        foreach (var answer in _answers.Values)
        {
            if (!answer.IsDecided && Last(answer, limit) is { } piece) first = Math.Min(first, piece.Frame);
        }

        return first;
    }

    /// <summary>The stream ends before its text did: what may still leave carries the notice.</summary>
    public void End(long limit)
    {
        foreach (var answer in _answers.Values)
        {
            if (!answer.IsDecided && Last(answer, limit) is { } piece) Decide(answer, piece, isWhole: true);
            answer.IsDecided = true;
        }
    }

    /// <summary>An event leaves: what is to be put into it is.</summary>
    public void Place(StreamBuffer buffer, long frame)
    {
        for (var i = _insertions.Count - 1; i >= 0; i--)
        {
            if (_insertions[i].Frame > frame) continue;
            if (_insertions[i].Frame == frame) buffer.Replace(new StreamEdit(_insertions[i].Position, _insertions[i].Position, label.Bytes));
            _insertions.RemoveAt(i);
        }

        if (label.IsPrefix) return;
        foreach (var answer in _answers.Values) answer.Pieces.RemoveAll(piece => piece.Frame <= frame);
    }

    /// <summary>The string that takes the notice if nothing more of what is held may leave.</summary>
    private (long Frame, long Position)? Last(Answer answer, long limit)
    {
        if (label.IsPrefix) return answer.Pieces.Count > 0 && answer.Pieces[0].Frame < limit ? answer.Pieces[0] : null;
        for (var i = answer.Pieces.Count - 1; i >= 0; i--)
        {
            if (answer.Pieces[i].Frame < limit) return answer.Pieces[i];
        }

        return null;
    }

    private void Decide(Answer answer, (long Frame, long Position) place, bool isWhole)
    {
        if (label.Decide(answer.Text.ToString(), isWhole) is not { } writes) return;
        answer.IsDecided = true;
        answer.IsPlaced = writes;
        if (writes) _insertions.Add(place);
    }

    private Answer Of(int group)
    {
        if (!hasAnswers) group = -1;
        if (_answers.TryGetValue(group, out var answer)) return answer;
        return _answers[group] = new Answer();
    }

    private sealed class Answer
    {
        public StreamChannel? Channel { get; set; }

        public StringBuilder Text { get; } = new();

        public List<(long Frame, long Position)> Pieces { get; } = [];

        public (ulong Hash, long Length)? Told { get; set; }

        public bool IsDecided { get; set; }

        public bool IsPlaced { get; set; }
    }
}
