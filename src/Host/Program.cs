using System.CommandLine;
using OCPlatform.Host.Commands;

var root = new RootCommand("OCPlatform answers phone calls and chats with an AI agent.")
{
    RunCommand.Create(),
    ClusterCommand.Create(),
    DoctorCommand.Create(),
    ModelsCommand.Create(),
    ConfigCommand.Create(),
    ReplayCommand.Create(),
};
root.Options.Add(CommonOptions.Config);
root.SetAction(RunCommand.RunAsync);

// The run command ends by itself on SIGINT and SIGTERM, within its own deadline.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
