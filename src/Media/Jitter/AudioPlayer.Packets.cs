using OCPlatform.Media.Quality;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Jitter;

/// <summary>From stored packets to the line: what is due is decoded, what is missing is bridged or made up.</summary>
internal sealed partial class AudioPlayer
{
    /// <summary>Decodes until <paramref name="needed"/> samples are pending or the next packet is not there.</summary>
    private void Gather(int needed, ref ReceptionMeter reception, in RtpSource source)
    {
        if (_delay.IsFixed)
            PassMadeUp();
        while (_line.Pending < needed && _store.TryPeek(out var packet))
        {
            if (packet.Sequence == _next && Math.Abs(packet.Position - _decoded) < _rate * UnevenMs / 1000)
                _decoded = packet.Position;
            if (packet.Position > _decoded)
                Bridge(packet, needed, source);
            else if (packet.Facts.Kind == StoredKind.Comfort)
                Quieten(packet);
            else if (packet.End <= _decoded || IsTooLate())
                Discard(packet, ref reception);
            else
                Decode(packet, ref reception);
        }
    }

    /// <summary>Decodes what follows without a gap until <paramref name="wanted"/> samples are pending.</summary>
    private void GatherAhead(int wanted, ref ReceptionMeter reception)
    {
        while (
            _line.Pending < wanted
            && _store.TryPeek(out var packet)
            && packet.Position == _decoded
            && packet.Facts.Kind == StoredKind.Audio
        )
            Decode(packet, ref reception);
    }

    /// <summary>A fixed delay stays: what was made up stands for what did not come in time.</summary>
    private void PassMadeUp()
    {
        if (_made == 0 || _pause)
            return;
        _decoded += _made;
        ConcealedSamples += _made;
        _made = 0;
    }

    /// <summary>Beyond the greatest delay, and there is a newer packet to go on with.</summary>
    private bool IsTooLate() => _store.Count > 1 && Transit > Math.Max(_delay.Limit, _target) + _frame;

    private void Discard(in StoredPacket packet, ref ReceptionMeter reception)
    {
        if (packet.End > _decoded)
        {
            // What was made up stands for it; the rest is cut out.
            ConcealedSamples += Math.Min(_made, packet.End - _decoded);
            _made = (int)Math.Max(0, _made - (packet.End - _decoded));
            _decoded = packet.End;
        }

        _next = packet.Sequence + 1;
        Discarded++;
        reception.OnDiscarded(packet.Sequence);
        _store.Remove(packet);
    }

    /// <summary>Silence begins, and the peer tells how loud it is.</summary>
    private void Quieten(in StoredPacket packet)
    {
        _noise.Set(packet.Facts.Tag);
        _pause = true;
        _made = 0;
        _next = packet.Sequence + 1;
        _store.Remove(packet);
    }

    /// <summary>The next packet lies ahead of what was decoded: by loss, or because the sender paused.</summary>
    private void Bridge(in StoredPacket packet, int needed, in RtpSource source)
    {
        var gap = packet.Position - _decoded;
        if (
            _pause
            || gap > (packet.Sequence - _next) * Math.Max(PacketSamples, packet.Samples)
            || source.HasReceivedAll(_next, packet.Sequence)
        )
        {
            Resume(packet, needed);
            return;
        }

        // Lost. What was made up stands for it, and so does delay that is not wanted any more.
        var covered = (int)Math.Min(gap, _made);
        _made -= covered;
        _decoded += covered;
        ConcealedSamples += covered;
        gap -= covered;
        var spare = (int)Math.Clamp(Transit - _target, 0, gap);
        _follower.Shrunk += spare;
        _decoded += spare;
        gap -= spare;
        if (gap == 0)
            return;
        if (gap == PacketSamples && Recover(packet, (int)gap))
            return;
        MakeUp((int)Math.Min(gap, needed - _line.Pending));
        // Whole steps of the decoder's own concealment may exceed the gap; the rest stands for what comes next.
        var count = (int)Math.Min(gap, _made);
        _made -= count;
        _decoded += count;
        ConcealedSamples += count;
    }

    /// <summary>Speech after a pause may begin at any time: at the best delay.</summary>
    private void Resume(in StoredPacket packet, int needed)
    {
        var step = Step(out var slack);
        // Played at once, or rather where the frame allows it.
        var offset = (step - _line.Pending % step) % step;
        var soonest = _now + _line.Pending + offset - packet.Position;
        Aim(_delay.Choose(soonest, step, slack, null), slack);
        var wait = offset + (int)Math.Clamp(_target - soonest, 0, _rate);
        if (wait > 0)
        {
            _pause = true;
            MakeUp(Math.Min(wait, needed - _line.Pending));
            if (_line.Pending >= needed)
                return;
        }

        _decoded = packet.Position;
        _next = packet.Sequence;
        _made = 0;
        _pause = false;
    }

    private bool Recover(in StoredPacket next, int samples)
    {
        if (!_decoders.Recover(next, _line.Reserve(samples)))
            return false;
        RecoveredSamples += samples;
        Add(samples);
        return true;
    }

    private void Decode(in StoredPacket packet, ref ReceptionMeter reception)
    {
        var facts = packet.Facts;
        Span<short> blend = stackalloc short[Concealment.MaxBlend(_rate)];
        var blended = _concealment.Made > 0 ? _concealment.Continue(_line, blend, ref _noise) : 0;
        var room = _line.Reserve(facts.Samples);
        var count = _decoders.Decode(packet, room);
        if (count == 0)
        {
            Discard(packet, ref reception);
            return;
        }

        // Late by a part of itself.
        if (_decoded > facts.Position)
        {
            var skip = (int)Math.Min(_decoded - facts.Position, count);
            count -= skip;
            room.Slice(skip, count).CopyTo(room);
        }

        Concealment.Blend(blend[..blended], room[..count]);
        // What was made up while it was late has become delay.
        ConcealedSamples += _pause ? 0 : _made;
        _recent.Add(_decoded, facts.ArrivalNs, facts.LatenessMicros);
        Add(count);
        _made = 0;
        _pause = false;
        _next = packet.Sequence + 1;
        _store.Remove(packet);
    }

    private void Add(int count)
    {
        _line.Append(count);
        _decoded += count;
        _realEnd = _line.Played + _line.Pending;
        _concealment.End();
    }

    private void MakeUp(int count)
    {
        if (!Playing)
        {
            _concealment.Append(_line, count, ref _noise);
            return;
        }

        _pause |= InEvent;
        _madeByDecoder = !_pause && _concealment.Made == 0 && ConcealByDecoder(ref count);
        if (!_madeByDecoder)
            _concealment.Append(_line, count, ref _noise);
        _made += count;
    }

    /// <summary>The codec's own concealment goes by 2.5 ms (Opus).</summary>
    private bool ConcealByDecoder(ref int count)
    {
        var step = _rate / 400;
        var rounded = (count + step - 1) / step * step;
        if (!_decoders.Conceal(_line.Reserve(rounded)))
            return false;
        _line.Append(rounded);
        count = rounded;
        return true;
    }
}
