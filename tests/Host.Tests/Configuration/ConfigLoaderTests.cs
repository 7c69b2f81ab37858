using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Tests.Configuration;

public sealed class ConfigLoaderTests
{
    private static LoadedConfig Load(string yaml, params (string Name, string Value)[] environment) =>
        ConfigLoader.Load("test.yaml", yaml, environment.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));

    private static IReadOnlyList<string> ProblemsOf(string yaml, params (string Name, string Value)[] environment)
    {
        var load = () => Load(yaml, environment);
        return load.Should().Throw<ConfigurationException>().Which.Problems;
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("sip:\n#  port: 5070\n")]
    public void Without_settings_the_defaults_are_in_force(string yaml)
    {
        var options = Load(yaml).Options;

        options.Http.BindAddress.Should().Be("127.0.0.1");
        options.Sip.Port.Should().Be(5060);
    }

    [Fact]
    public void The_environment_wins_over_the_file_and_the_file_over_the_default()
    {
        var config = Load("sip:\n  port: 5070\n  maxCalls: 7\n", ("OCP_SIP_PORT", "5090"));

        config.Options.Sip.Port.Should().Be(5090);
        config.Options.Sip.MaxCalls.Should().Be(7);
        config.Origins["sip.port"].ToString().Should().Be("OCP_SIP_PORT");
        config.Origins["sip.maxCalls"].ToString().Should().Be("test.yaml, line 3");
    }

    [Fact]
    public void Lists_of_sections_come_from_the_file_and_from_the_environment_alike()
    {
        var fromFile = Load(
            "sip:\n  trunks:\n  - name: a\n    addresses: [10.0.0.0/8, 192.0.2.1]\n"
        ).Options.Sip.Trunks;
        var fromEnvironment = Load(
            "",
            ("OCP_SIP__TRUNKS__0__NAME", "a"),
            ("OCP_SIP_TRUNKS_0_ADDRESSES", "10.0.0.0/8, 192.0.2.1")
        ).Options.Sip.Trunks;

        fromEnvironment.Should().BeEquivalentTo(fromFile);
        fromFile.Single().Addresses.Should().Equal("10.0.0.0/8", "192.0.2.1");
    }

    [Fact]
    public void The_environment_can_change_one_value_of_a_list_from_the_file()
    {
        var trunk = Load(
            "sip:\n  trunks:\n  - name: a\n    username: u\n    password: p\n",
            ("OCP_SIP_TRUNKS_0_PASSWORD", "better")
        )
            .Options.Sip.Trunks.Single();

        (trunk.Name, trunk.Username, trunk.Password).Should().Be(("a", "u", "better"));
    }

    [Fact]
    public void An_unknown_key_names_its_line_and_the_key_that_was_meant()
    {
        ProblemsOf("# first\nsip:\n  prot: 5060\n")
            .Should()
            .Equal("test.yaml, line 3: there is no key 'sip.prot'. Did you mean 'port'?");
    }

    [Fact]
    public void A_key_that_resembles_nothing_is_answered_with_the_keys_there_are()
    {
        ProblemsOf("ai:\n  zzzzzzzzzz: 1\n").Single().Should().Contain("Known here: bindAddress, port");
    }

    [Fact]
    public void An_unknown_variable_names_the_one_that_was_meant()
    {
        ProblemsOf("", ("OCP_SIP_PROT", "5060"))
            .Should()
            .Equal("OCP_SIP_PROT: there is no such setting. Did you mean OCP_SIP_PORT?");
    }

    [Theory]
    [InlineData("sip:\n  port: many\n", "sip.port must be a whole number from 1 to 65535, not 'many'.")]
    [InlineData("sip:\n  port: 5060.5\n", "sip.port must be a whole number from 1 to 65535, not '5060.5'.")]
    [InlineData("sip:\n  port: [1]\n", "sip.port must be a whole number from 1 to 65535, not a list.")]
    [InlineData("sip: 5060\n", "sip must be a section with keys, not '5060'.")]
    [InlineData("sip:\n  port: 99999\n", "sip.port must be a whole number from 1 to 65535. It is '99999'.")]
    [InlineData(
        "calls:\n  turnTaking:\n    bargeIn: perhaps\n",
        "calls.turnTaking.bargeIn must be true or false, not 'perhaps'."
    )]
    [InlineData(
        "calls:\n  turnTaking:\n    startMs: 1\n",
        "calls.turnTaking.startMs must be a whole number from 32 to 1000. It is '1'."
    )]
    [InlineData("log:\n  format: jsn\n", "log.format must be one of text, json, not 'jsn'. Did you mean 'json'?")]
    [InlineData("media:\n  bindAddress: ''\n", "media.bindAddress must not be empty.")]
    public void A_value_that_does_not_fit_is_told_with_what_would(string yaml, string problem)
    {
        ProblemsOf(yaml).Single().Should().EndWith(problem).And.StartWith("test.yaml, line ");
    }

    [Fact]
    public void One_start_tells_every_mistake()
    {
        ProblemsOf("sip:\n  prot: 1\n  port: x\nhtpp:\n  port: 1\n", ("OCP_NOTHING_LIKE_IT_AT_ALL", "1"))
            .Should()
            .HaveCount(4);
    }

    [Theory]
    [InlineData("sip:\n  port: 1\n  port: 2\n")]
    [InlineData("sip: [\n")]
    [InlineData("- a\n")]
    [InlineData("\tsip: 1\n")]
    public void What_is_no_good_YAML_is_told_with_its_line(string yaml)
    {
        ProblemsOf(yaml).Single().Should().StartWith("test.yaml, line ");
    }

    [Fact]
    public void Sections_are_checked_as_a_whole_too()
    {
        ProblemsOf("http:\n  port: 8081\n").Single().Should().Contain("http.port and ai.port must differ");
        ProblemsOf("http:\n  apiKeys: [short]\n").Single().Should().Contain("16 characters");
        ProblemsOf("sip:\n  trunks:\n  - name: open\n").Single().Should().Contain("open");
    }

    [Theory]
    [InlineData("http:\n  apiKeys: hunter2hunter2hunter2\n")]
    [InlineData("http:\n  apiKeys: [hunter2]\n")]
    [InlineData("sip:\n  trunks:\n  - name: a\n    password: [hunter2]\n")]
    public void A_complaint_never_repeats_a_secret(string yaml)
    {
        ProblemsOf(yaml).Should().NotContain(problem => problem.Contains("hunter2"));
    }

    [Fact]
    public void The_settings_in_force_are_shown_without_secrets_and_with_their_origins()
    {
        var config = Load(
            "sip:\n  trunks:\n  - name: a\n    username: u\n    password: hunter2\n",
            ("OCP_HTTP_API_KEYS", "hunter2hunter2hunter2"),
            ("OCP_DATABASE_CONNECTION_STRING", "Host=db;Password=hunter2")
        );

        var shown = ConfigDocs.Effective(config);

        shown.Should().NotContain("hunter2").And.Contain("username: u  # test.yaml, line 4");
        shown.Should().Contain("apiKeys: '***'  # OCP_HTTP_API_KEYS");
    }

    [Fact]
    public void What_is_shown_as_being_in_force_can_be_read_back()
    {
        var config = Load("sip:\n  trunks:\n  - name: a\n    addresses: [192.0.2.1]\ncalls:\n  ringMs: 250\n");

        var again = Load(ConfigDocs.Effective(config)).Options;

        again.Should().BeEquivalentTo(config.Options);
    }

    [Fact]
    public void The_clients_of_the_embedded_engines_follow_the_port_of_the_engines()
    {
        Load("ai:\n  port: 9999\n").Options.Speech.Stt.Address.Should().Be("http://127.0.0.1:9999");
        Load("ai:\n  port: 9999\nspeech:\n  stt:\n    address: http://riva:50051\n")
            .Options.Speech.Stt.Address.Should()
            .Be("http://riva:50051");
    }
}
