using Gateway.Inspection.Detectors;

namespace Gateway.Inspection.Tests.Detectors;

public sealed class PersonalDataSignsTests
{
    [Theory]
    [InlineData(PersonalDataKinds.Email, "a@b.cn")]
    [InlineData(PersonalDataKinds.IdCard, "11010519491231002X")]
    [InlineData(PersonalDataKinds.IdCard, "11010519491231002x")]
    [InlineData(PersonalDataKinds.CreditCode, "91350100M000100Y43")]
    [InlineData(PersonalDataKinds.Ip, "1.2.3.4")]
    [InlineData(PersonalDataKinds.Ip, "fe80::1")]
    [InlineData(PersonalDataKinds.Ip, "::1:2")]
    [InlineData(PersonalDataKinds.Phone, "13912345678")]
    [InlineData(PersonalDataKinds.Phone, "010 6512345")]
    [InlineData(PersonalDataKinds.Phone, "+1 22 33")]
    [InlineData(PersonalDataKinds.BankCard, "4000000000006")]
    [InlineData(PersonalDataKinds.BankCard, "4000 0000 0000 6")]
    [InlineData(PersonalDataKinds.Passport, "E12345678")]
    [InlineData(PersonalDataKinds.Passport, "EA1234567")]
    public void MayHold_ShortestFormOfAKindAnywhere_SaysYes(string kind, string text)
    {
        for (var before = 0; before <= 70; before++)
        {
            for (var after = 0; after <= 35; after += 5)
                Assert.True(new PersonalDataSigns(new string('说', before) + text + new string('。', after)).MayHold(kind), $"{before} before, {after} after");
        }
    }

    [Theory]
    [InlineData("今天天气很好。")]
    [InlineData("Chapter 12, page 345: it costs 9.99.")]
    [InlineData("Note: this is it. And that: too. One more... and the end: now. Version 2.0, at last. 第一：好。第二：不好。")]
    public void MayHold_OrdinaryText_SaysNo(string text)
    {
        var signs = new PersonalDataSigns(text);
        foreach (var kind in new[] { PersonalDataKinds.Email, PersonalDataKinds.IdCard, PersonalDataKinds.CreditCode, PersonalDataKinds.Ip, PersonalDataKinds.Phone, PersonalDataKinds.BankCard, PersonalDataKinds.Passport })
            Assert.False(signs.MayHold(kind), kind);
    }
}
