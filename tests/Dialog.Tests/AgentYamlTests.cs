using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog.Tests;

public sealed class AgentYamlTests
{
    private static readonly string Good = File.ReadAllText(Path.Combine(TestAgent.Folder, "frontdesk.yaml"));

    [Theory]
    [InlineData("slotMinutes: 30", "slotMinute: 30", "unknown key 'appointments.slotMinute'")]
    [InlineData("slotMinutes: 30", "slotMinutes: soon", "whole number from 5 to 480")]
    [InlineData("timeZone: America/New_York", "timeZone: America/Gotham", "no time zone")]
    [InlineData("friday: 9:00-15:00", "friday: 15:00-9:00", "two times such as 9:00-17:00")]
    [InlineData("threshold: 0.46", "threshold: 46", "a number from 0 to 1")]
    [InlineData("    flow: booking", "    flow: boking", "'boking' is none of the flows: booking, message, callback")]
    [InlineData("        type: phone", "        type: telephone", "'telephone' is none of: ")]
    [InlineData("    submit: appointments.book", "    submit: appointments.steal", "'appointments.steal' is none of: ")]
    [InlineData("\"0\": operator", "\"0\": operatr", "none of the intents")]
    [InlineData("    do: help", "    do: dance", "'dance' is none of: ")]
    [InlineData("  help: >-", "  help: [", "bracket")]
    [InlineData("messageFlow: message", "messageFlow: note", "none of the flows")]
    public void A_fault_is_named_with_file_line_and_reason(string right, string wrong, string reason)
    {
        Good.Should().Contain(right);
        var yaml = Replace(Good, right, wrong);
        var line = Good[..Good.IndexOf(right, StringComparison.Ordinal)].Count(c => c == '\n') + 1;

        var parse = () => AgentYaml.Parse("agents/x.yaml", yaml, ToolBox.BuiltIn);

        var problems = parse.Should().Throw<AgentDefinitionException>().Which.Problems;
        problems.Should().Contain(p => p.Contains(reason));
        problems
            .Should()
            .Contain(p =>
                System.Text.RegularExpressions.Regex.IsMatch(
                    p,
                    $@"^agents/x\.yaml:({line}|{line + 1}|{line + 2}):\d+: "
                )
            );
    }

    [Fact]
    public void A_missing_key_is_named_with_the_place_where_it_belongs()
    {
        var parse = () =>
            AgentYaml.Parse("x.yaml", Replace(Good, "business: Harbor Street Dental\n", ""), ToolBox.BuiltIn);
        parse.Should().Throw<AgentDefinitionException>().WithMessage("*'business' is missing*");
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var yaml = Replace(Replace(Good, "sunday: closed", "sunday: maybe"), "    do: repeat", "    do: parrot");
        var parse = () => AgentYaml.Parse("x.yaml", yaml, ToolBox.BuiltIn);
        parse.Should().Throw<AgentDefinitionException>().Which.Problems.Should().HaveCount(2);
    }

    [Fact]
    public void A_placeholder_that_nothing_fills_is_a_fault()
    {
        var yaml = Replace(Good, "At what time on {day}?", "At what time on {dey}?");
        var parse = () => AgentYaml.Parse("x.yaml", yaml, ToolBox.BuiltIn);
        parse.Should().Throw<AgentDefinitionException>().WithMessage("*{dey}*");
    }

    [Fact]
    public void The_fixed_phrases_hold_clauses_and_no_placeholder()
    {
        var phrases = FixedPhrases.Of(TestAgent.FrontDesk, new DateOnly(2026, 11, 24));
        phrases.Should().Contain("Got it.").And.Contain("May I have your name?").And.OnlyHaveUniqueItems();
        phrases.Should().Contain("At what time on Wednesday, November twenty-fifth?");
        phrases.Should().NotContain(phrase => phrase.Contains('{'));
    }

    private static string Replace(string text, string right, string wrong)
    {
        var at = text.IndexOf(right, StringComparison.Ordinal);
        at.Should().BeGreaterThanOrEqualTo(0, right);
        return text[..at] + wrong + text[(at + right.Length)..];
    }
}
