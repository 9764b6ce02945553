// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title ChainlinkFeed
/// @notice Twin of a Chainlink feed: the aggregator proxy that users read, with an aggregator of the second off-chain
/// reporting generation behind it, in one contract.
/// @dev Reproduces: every read of the proxy; round ids that carry the phase above bit 64; zeros for a round that does not
/// exist, no data for a phase that does not exist; one new round for each answer, with `NewRound` and `AnswerUpdated`.
/// Leaves out: the separate aggregator (its events come from this address), reports and their signatures, the answer's
/// bounds, phases above 1, read access lists. As the sequencer's uptime feed it also leaves out the error that the
/// original throws for a round that does not exist.
contract ChainlinkFeed {
    struct Round {
        int192 answer;
        uint32 startedAt;
        uint32 updatedAt;
    }

    uint256 private constant PHASE_OFFSET = 64;

    /// @notice The phase of the proxy: how many aggregators it has had.
    uint16 public constant phaseId = 1;

    /// @notice The aggregator's generation.
    uint256 public constant version = 6;

    /// @notice Gives the answers: the oracle network on Arbitrum, the localnet's owner here.
    address public immutable transmitter;

    /// @notice The digits of an answer after the decimal point.
    uint8 public immutable decimals;

    /// @notice What the answer is: "ETH / USD".
    string public description;

    uint32 private _latest;
    mapping(uint256 id => Round) private _rounds;

    /// @notice Emitted when there is a new answer.
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    /// @notice Emitted when a round starts.
    event NewRound(uint256 indexed roundId, address indexed startedBy, uint256 startedAt);

    /// @notice Thrown when someone other than the transmitter gives an answer.
    error NotTransmitter(address caller);

    /// @param ageSeconds How long the first answer has stood.
    constructor(string memory description_, uint8 decimals_, int192 answer, uint32 ageSeconds, address transmitter_) {
        description = description_;
        decimals = decimals_;
        transmitter = transmitter_;
        _append(answer, uint32(block.timestamp) - ageSeconds);
    }

    /// @notice Opens a round with `answer`.
    function transmit(int192 answer) external {
        if (msg.sender != transmitter) revert NotTransmitter(msg.sender);
        _append(answer, uint32(block.timestamp));
    }

    /// @notice Returns the newest round.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return _roundData(_latest);
    }

    /// @notice Returns the round `id`, a number with the phase.
    function getRoundData(
        uint80 id
    )
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        if (id >> PHASE_OFFSET != phaseId) {
            // The proxy calls the aggregator of that phase, and there is none.
            assembly ("memory-safe") {
                revert(0, 0)
            }
        }
        uint64 number = uint64(id);
        return _roundData(number > type(uint32).max ? 0 : uint32(number));
    }

    /// @notice Returns the newest answer.
    function latestAnswer() external view returns (int256) {
        return _rounds[_latest].answer;
    }

    /// @notice Returns the time of the newest answer in seconds.
    function latestTimestamp() external view returns (uint256) {
        return _rounds[_latest].updatedAt;
    }

    /// @notice Returns the id of the newest round.
    function latestRound() external view returns (uint256) {
        return _withPhase(_latest);
    }

    /// @notice Returns the answer of the round `id`, 0 when there is none.
    function getAnswer(uint256 id) external view returns (int256) {
        return id >> PHASE_OFFSET == phaseId ? _rounds[uint64(id)].answer : int192(0);
    }

    /// @notice Returns the time of the answer of the round `id` in seconds, 0 when there is none.
    function getTimestamp(uint256 id) external view returns (uint256) {
        return id >> PHASE_OFFSET == phaseId ? _rounds[uint64(id)].updatedAt : 0;
    }

    /// @notice Returns the contract behind the proxy.
    function aggregator() external view returns (address) {
        return address(this);
    }

    function _append(int192 answer, uint32 at) private {
        uint32 number = ++_latest;
        _rounds[number] = Round(answer, at, at);
        emit NewRound(number, address(0), at);
        emit AnswerUpdated(answer, number, at);
    }

    function _roundData(uint32 number) private view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory round = _rounds[number];
        uint80 id = _withPhase(number);
        return (id, round.answer, round.startedAt, round.updatedAt, id);
    }

    function _withPhase(uint32 number) private pure returns (uint80) {
        return (uint80(phaseId) << uint80(PHASE_OFFSET)) | number;
    }
}
