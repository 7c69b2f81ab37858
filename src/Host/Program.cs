Console.WriteLine("OCPlatform");
