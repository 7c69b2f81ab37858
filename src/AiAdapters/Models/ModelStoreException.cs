namespace OCPlatform.AiAdapters.Models;

/// <summary>Models could not be had; the message names the cause and what mends it.</summary>
public sealed class ModelStoreException(string message, Exception? inner = null) : Exception(message, inner);
