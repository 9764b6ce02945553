// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { SolidlyPair } from "./SolidlyPair.sol";

/// @title SolidlyFactory
/// @notice Twin of the pair factory of Ramses V1.
/// @dev Reproduces: creation of pairs by CREATE2 with the salt of the original, its checks and `PairCreated`, the look-ups
/// (`getPair`, `allPairs`, `isPair`, `pairCodeHash`), the default fees, the fee of one pair (`pairFee` for anyone, `getFee`
/// for the pair that asks), the fee manager, the pauser.
/// Leaves out: the upgradeable proxy and the beacon of the pairs (so a pair has another init code and another address than
/// on Arbitrum), voter, treasury and fee split.
contract SolidlyFactory {
    /// @notice The highest fee that can be set, in 1/10000 (10%).
    uint256 public constant MAX_FEE = 1000;

    bool public isPaused;
    address public pauser;
    address public pendingPauser;

    /// @notice The default fees, in 1/10000.
    uint256 public stableFee = 5;
    uint256 public volatileFee = 25;
    address public feeManager;
    address public pendingFeeManager;

    mapping(address tokenA => mapping(address tokenB => mapping(bool stable => address pair))) public getPair;
    address[] public allPairs;
    mapping(address pair => bool known) public isPair;

    /// @dev In 1/10000. Zero stands for the default.
    mapping(address pair => uint256 fee) private _pairFee;

    address private _newToken0;
    address private _newToken1;
    bool private _newStable;

    event PairCreated(address indexed token0, address indexed token1, bool stable, address pair, uint256);
    event SetFee(bool stable, uint256 fee);
    event SetPairFee(address pair, uint256 fee);

    constructor(address manager) {
        pauser = manager;
        feeManager = manager;
    }

    function setPauser(address newPauser) external {
        require(msg.sender == pauser);
        pendingPauser = newPauser;
    }

    function acceptPauser() external {
        require(msg.sender == pendingPauser);
        pauser = pendingPauser;
    }

    function setPause(bool state) external {
        require(msg.sender == pauser);
        isPaused = state;
    }

    function setFeeManager(address newFeeManager) external {
        require(msg.sender == feeManager, "not fee manager");
        pendingFeeManager = newFeeManager;
    }

    function acceptFeeManager() external {
        require(msg.sender == pendingFeeManager, "not pending fee manager");
        feeManager = pendingFeeManager;
    }

    /// @notice Sets the default fee of stable or of volatile pairs, in 1/10000.
    function setFee(bool stable, uint256 fee) external {
        require(msg.sender == feeManager, "not fee manager");
        require(fee <= MAX_FEE, "fee too high");
        require(fee != 0, "fee must be nonzero");
        if (stable) stableFee = fee;
        else volatileFee = fee;
        emit SetFee(stable, fee);
    }

    /// @notice Sets the fee of one pair, in 1/10000. Zero returns it to the default.
    function setPairFee(address pair, uint256 fee) external {
        require(msg.sender == feeManager, "not fee manager");
        require(fee <= MAX_FEE, "fee too high");
        _pairFee[pair] = fee;
        emit SetPairFee(pair, fee);
    }

    function createPair(address tokenA, address tokenB, bool stable) external returns (address pair) {
        require(tokenA != tokenB, "IA");
        (address token0, address token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        require(token0 != address(0), "ZA");
        require(getPair[token0][token1][stable] == address(0), "PE");
        // The pair asks back for these, so that its init code is the same for all pairs.
        (_newToken0, _newToken1, _newStable) = (token0, token1, stable);
        pair = address(new SolidlyPair{ salt: keccak256(abi.encodePacked(token0, token1, stable)) }());
        getPair[token0][token1][stable] = pair;
        getPair[token1][token0][stable] = pair;
        allPairs.push(pair);
        isPair[pair] = true;
        emit PairCreated(token0, token1, stable, pair, allPairs.length);
    }

    function allPairsLength() external view returns (uint256) {
        return allPairs.length;
    }

    function getInitializable() external view returns (address, address, bool) {
        return (_newToken0, _newToken1, _newStable);
    }

    /// @notice Returns the fee that the calling pair takes, in 1/10000; to anyone else, the default.
    function getFee(bool stable) external view returns (uint256) {
        uint256 own = _pairFee[msg.sender];
        if (own != 0) return own;
        return stable ? stableFee : volatileFee;
    }

    /// @notice Returns the fee that `pair` takes, in 1/10000.
    function pairFee(address pair) external view returns (uint256) {
        uint256 own = _pairFee[pair];
        if (own != 0) return own;
        return SolidlyPair(pair).stable() ? stableFee : volatileFee;
    }

    function pairCodeHash() external pure returns (bytes32) {
        return keccak256(type(SolidlyPair).creationCode);
    }
}
