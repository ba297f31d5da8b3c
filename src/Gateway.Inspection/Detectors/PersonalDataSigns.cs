namespace Gateway.Inspection.Detectors;

/// <summary>
/// What a text has of the characters that personal data is made of, counted in one pass: most texts lack what a kind needs at
/// the least, and need not be searched for it.
/// </summary>
internal readonly ref struct PersonalDataSigns
{
    private readonly int _digits;
    private readonly int _dots;
    private readonly int _colons;
    private readonly int _longestCode;
    private readonly bool _hasAt;
    private readonly bool _hasPlus;

    /// <summary>Counts.</summary>
    public PersonalDataSigns(ReadOnlySpan<char> text)
    {
        var run = 0;
        foreach (var unit in text)
        {
            var isDigit = char.IsAsciiDigit(unit);
            if (isDigit) _digits++;
            run = isDigit || char.IsAsciiLetterUpper(unit) || unit == 'x' ? run + 1 : 0;
            if (run > _longestCode) _longestCode = run;
            if (unit == '.') _dots++;
            else if (unit == ':') _colons++;
        }

        _hasAt = text.Contains('@');
        _hasPlus = text.Contains('+');
    }

    /// <summary>Whether a text may hold a kind; never no wrongly.</summary>
    /// <param name="kind">One of <see cref="PersonalDataKinds"/>.</param>
    public bool MayHold(string kind) => kind switch
    {
        PersonalDataKinds.Email => _hasAt,
        PersonalDataKinds.IdCard => _longestCode >= 18,
        PersonalDataKinds.CreditCode => _longestCode >= 18,
        PersonalDataKinds.Ip => _digits >= 4 && _dots >= 3 || _colons >= 2,
        PersonalDataKinds.Phone => _digits >= 10 || _hasPlus && _digits >= 5,
        PersonalDataKinds.BankCard => _digits >= 13,
        PersonalDataKinds.Passport => _digits >= 7 && _longestCode >= 9,
        _ => true,
    };
}
