using System.CommandLine;

namespace Gateway.Commands;

/// <summary>The verbs under <c>gateway lexicon</c>.</summary>
internal static class LexiconCommandLine
{
    public static Command Build()
    {
        var command = new Command("lexicon", "Check, import, compare and count lexicons.");
        command.Subcommands.Add(Check());
        command.Subcommands.Add(Import());
        command.Subcommands.Add(Diff());
        command.Subcommands.Add(Stats());
        return command;
    }

    private static Command Check()
    {
        var directory = new Argument<string>("dir") { Description = "Directory of the lexicon." };
        var json = Json();
        var command = new Command("check", "Look a lexicon over: what a gateway would refuse, duplicates, terms that would hit harmless words, and what is missing to the minima. Exit code 0 warnings at most, 1 errors, 2 unreadable.") { directory, json };
        command.SetAction((parsed, _) =>
            new LexiconCheckCommand(parsed.GetValue(directory)!, parsed.GetValue(json), TimeProvider.System).RunAsync(Console.Out, Console.Error));
        return command;
    }

    private static Command Import()
    {
        var file = new Argument<string>("file") { Description = "The word list: one word a line, CSV or JSON, in UTF-8." };
        var risk = new Option<string>("--risk") { Description = "Risk of every term: an id of the taxonomy, or id.sub.", Required = true };
        var tier = new Option<string>("--tier") { Description = "Tier of every term: block, review or watch.", Required = true };
        var options = new Option<string>("--options") { Description = "Options of every term, comma separated, such as word.", DefaultValueFactory = _ => "" };
        var format = new Option<string?>("--format") { Description = "lines, csv or json; by the file's extension when left out." };
        var column = new Option<string?>("--column") { Description = "Column (name, or number from 1) or member that holds the word; by default one called term, word, keyword, text, name, else the first." };
        var delimiter = new Option<string>("--delimiter") { Description = "What separates columns: one character, or \\t.", DefaultValueFactory = _ => "," };
        var output = new Option<string?>("--out") { Description = "Lexicon file to write; standard output when left out." };
        var append = new Option<bool>("--append") { Description = "Add to the file; what it has already is skipped." };
        var force = new Option<bool>("--force") { Description = "Replace the file." };
        var lexicon = new Option<string?>("--lexicon") { Description = "Directory of a lexicon whose terms are skipped too." };
        var json = Json();
        var command = new Command("import", "Make lexicon lines of a word list. Rows that are no term are left out and named with their line. Exit code 0, 1 when rows were refused, 2 when nothing was done.")
        {
            file, risk, tier, options, format, column, delimiter, output, append, force, lexicon, json,
        };
        command.SetAction(parsed => new LexiconImportCommand
        {
            File = parsed.GetValue(file)!,
            Risk = parsed.GetValue(risk)!,
            Tier = parsed.GetValue(tier)!,
            Options = parsed.GetValue(options)!,
            Format = parsed.GetValue(format),
            Column = parsed.GetValue(column),
            Delimiter = parsed.GetValue(delimiter)!,
            Out = parsed.GetValue(output),
            Append = parsed.GetValue(append),
            Force = parsed.GetValue(force),
            Lexicon = parsed.GetValue(lexicon),
            AsJson = parsed.GetValue(json),
        }.Run(Console.Out, Console.Error));
        return command;
    }

    private static Command Diff()
    {
        var before = new Argument<string>("old") { Description = "Directory of the lexicon in use." };
        var after = new Argument<string>("new") { Description = "Directory of the lexicon to come." };
        var against = new Option<string?>("--against") { Description = "Texts to judge with both: a file of lines {\"text\",\"side\"}, plain or .gz." };
        var showText = new Option<bool>("--show-text") { Description = "Show the texts too, not only their line numbers." };
        var json = Json();
        var command = new Command("diff", "Compare two lexicons: terms added, removed and changed, and which texts would newly be blocked, labelled or released by keywords alone.") { before, after, against, showText, json };
        command.SetAction((parsed, _) => new LexiconDiffCommand(
            parsed.GetValue(before)!, parsed.GetValue(after)!, parsed.GetValue(against), parsed.GetValue(json), parsed.GetValue(showText)).RunAsync(Console.Out, Console.Error));
        return command;
    }

    private static Command Stats()
    {
        var directory = new Argument<string>("dir") { Description = "Directory of the lexicon." };
        var json = Json();
        var command = new Command("stats", "A lexicon in numbers: terms by risk, tier, file, language, option and length; states, bytes and build time of the matcher.") { directory, json };
        command.SetAction(parsed => new LexiconStatsCommand(parsed.GetValue(directory)!, parsed.GetValue(json)).Run(Console.Out, Console.Error));
        return command;
    }

    private static Option<bool> Json() => new("--json") { Description = "As JSON." };
}
